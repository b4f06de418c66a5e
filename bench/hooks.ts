/** The cost of a hook that no plugin uses, and of one that does nothing: `node bench/hooks.ts`. */
import { compileHooks } from '../src/plugins/index.ts';

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const rounds = 20_000_000;

function measure(name: string, work: () => unknown): void {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const began = process.hrtime.bigint();
    for (let turn = 0; turn < rounds; turn++) work();
    least = Math.min(least, Number(process.hrtime.bigint() - began) / rounds);
  }
  console.log(`${name.padEnd(40)}${least.toFixed(2)} ns`);
}

const none = compileHooks([], log);
const other = compileHooks([{ name: 'other', onReload() {} }], log);
let found = 0;
measure('nothing', () => found);
measure('no plugin', () => {
  if (none?.onPlan !== undefined) found++;
});
measure('a plugin without this hook', () => {
  if (other?.onPlan !== undefined) found++;
});
