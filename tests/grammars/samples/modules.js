import first, { second as third, default as fourth, "a b" as fifth } from "./a.js";
import * as all from './b.js'; import "./c.js";
export * from "./d.js"; export * as ns from './e.js';
export { first, third as if, }; export { default, if as x } from "./f.js";
export const [one, , { two = 2, ...rest } = {}, ...more] = await load();

/** A class with one of everything. */
export class Point extends (await base()) {
  #x = 1; static count; static #y = 0x1_Fn
  ;
  constructor(x, { y = .5e1, z } = {}, ...args) { super(x, ...args); this.#x = (-x) ** 0 || 2 }
  get x() { return this.#x } set x(value) { this.#x = value; }
  static async #load() { await null; } static { this.count = 0; }
  async [`computed ${first.a[0] + third('x', 1)} \${`]() {}
}
