import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/**
 * In a process of its own: megabytes of the young generation after it has grown, and once it has shrunk; it waits 30 s for that
 * at most.
 */
const code = `
  import { setTimeout as wait } from 'node:timers/promises';
  import { getHeapSpaceStatistics } from 'node:v8';
  import { shrinkWhenIdle } from './src/threads/index.ts';
  const young = () =>
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size / 1024 / 1024;
  let held = [];
  for (let i = 0; i < 300_000; i++) if (held.push({ i, list: [i] }) > 100_000) held = [];
  const grown = young();
  held = [];
  shrinkWhenIdle(500);
  const latest = performance.now() + 30_000;
  while (young() > grown / 2 && performance.now() < latest) await wait(100);
  console.log(JSON.stringify([grown, young()]));
`;

it('gives the young generation of a thread back that has become idle', async () => {
  const flags = ['--max-semi-space-size=16', '--input-type=module', '--eval'];
  const { stdout } = await run(process.execPath, [...flags, code]);
  const [grown, shrunk] = JSON.parse(stdout) as [number, number];
  expect(grown).toBeGreaterThanOrEqual(8);
  expect(shrunk).toBeLessThan(grown / 2);
});
