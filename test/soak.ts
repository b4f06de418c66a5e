/**
 * `npm run soak [-- <factor>]`: the random tests of the suite, run `factor` times as long (50 by default), each from a new
 * seed that is printed; `SEED=<seed> npm run soak` repeats a run. Ends with what vitest ends with.
 */
import { spawnSync } from 'node:child_process';

const [factor = '50'] = process.argv.slice(2);
if (!(Number(factor) >= 1)) throw new RangeError('npm run soak -- <factor>: a number from 1 on');

const files = [
  'test/federation/random-operations.test.ts',
  'test/regression/hostile-batches.test.ts',
  'test/regression/as-graphql-js.test.ts',
  'test/lifecycle/hot-swap.test.ts',
  'test/regression/retained-memory.test.ts',
  'test/security/access-interleaved.test.ts',
];
const { status } = spawnSync('vitest', ['run', ...files, '--testTimeout', '3600000'], {
  stdio: 'inherit',
  env: { ...process.env, SOAK: factor },
});
process.exitCode = status ?? 1;
