"use strict";
let a = 1, b = a ? { a, b: 2, "c d": 3, [a]: 4, get e() { return 5 }, async f(x) {}, ...g } : [, 1, , ...h];
[a, b.c, [d = 1], ...e.f] = g; ({ a, b: [c], d = 1, ...e[0] } = f);
var curried = x => async (y, z = 1) => { await y; }, o = (a) => ({}), p = async q => q * 2;
for (let i = 0, n = ("x" in a); i < n; i++, --n) if (i % 2) continue; else break;
for (const [key, value] of Object.entries(a)) do f(key); while (value !== null)
for (x.y in z) { label: while (true) { if (a) b; else if (c) break label; } }
for (;;) ;
switch (typeof a) { case "x": case f(): { } default: g(); case 1: h }
try { throw new Error(`no ${message}`); } catch { debugger } finally { }
try { a?.b?.[c]?.(d).e; } catch ({ message }) { delete a.b, void 0; }
const re = /[/\]]+\/(?<n>x)$/gi.test(a / b / c) && !/[=]/.test(d), big = 10n ** 2n ** -1n;
a ||= b ?? c ?? (d && e || f); x **= new new X(1)().y; y = new Z; function w() { return new.target instanceof import.meta }
import("./g.js").then(function named(m) { return m.default }, class { a = 1; b() {} });
tag`a\u{1F600}${b}`.c`d`; "\x41\0'\
"; a = b
  + c; ++c
