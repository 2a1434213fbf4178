// Reads texts (their size in bytes on a line, then these) as modules and answers each with the
// message of the first error. To be run with --experimental-vm-modules.
const fs = require("fs");
const vm = require("vm");

let data = Buffer.alloc(0);
const more = () => {
  const chunk = Buffer.alloc(65536);
  const size = fs.readSync(0, chunk);
  if (size === 0) process.exit(0);
  data = Buffer.concat([data, chunk.subarray(0, size)]);
};
for (;;) {
  while (!data.includes(10)) more();
  const start = data.indexOf(10) + 1;
  const end = start + Number(data.subarray(0, start));
  while (data.length < end) more();
  let answer = "ok";
  try {
    new vm.SourceTextModule(data.toString("utf8", start, end));
  } catch (error) {
    answer = error.message.split("\n")[0];
  }
  data = data.subarray(end);
  fs.writeSync(1, answer + "\n");
}
