/**
 * `npm run soak [-- <factor> [<word> …]]`: the random tests of the suite, run `factor` times as long (50 by default), each from
 * a new seed that is printed; `SEED=<seed> npm run soak` repeats a run. With words, only the files whose names have one of
 * them. Ends with what vitest ends with.
 */
import { spawnSync } from 'node:child_process';

const [factor = '50', ...words] = process.argv.slice(2);
if (!(Number(factor) >= 1)) throw new RangeError('npm run soak -- <factor> [<word> …]: a number from 1 on');

const files = [
  'test/federation/random-operations.test.ts',
  'test/regression/models/hostile-batches.test.ts',
  'test/regression/graph/as-graphql-js.test.ts',
  'test/lifecycle/hot-swap.test.ts',
  'test/lifecycle/spare-worker.test.ts',
  'test/regression/process/retained-memory.test.ts',
  'test/security/access/interleaved.test.ts',
  'test/faults/faulty-proxy.test.ts',
  'test/faults/transport-clients.test.ts',
  'test/faults/expiring-entry.test.ts',
  'test/faults/budget-holds.test.ts',
  'test/security/hostile/planned-documents.test.ts',
  'test/lifecycle/registry-publishers.test.ts',
  'test/unit/runtime/freshness/freshness.test.ts',
  'test/unit/execution/run/repeatable-runs.test.ts',
];
const chosen = words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
if (chosen.length === 0) throw new RangeError(`no soak is named ${words.join(' or ')}; there are ${files.join(', ')}`);
const { status } = spawnSync('vitest', ['run', ...chosen, '--testTimeout', '3600000'], {
  stdio: 'inherit',
  env: { ...process.env, SOAK: factor },
});
process.exitCode = status ?? 1;
