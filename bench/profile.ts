/**
 * `node bench/profile.ts --operation benchmark`: where Isthmus spends its time once it is warm. Runs Isthmus alone under
 * load, profiles the measured seconds only (sampled every 0.2 ms inside the process, which itself costs some percent),
 * and leaves the `.cpuprofile` in the system's temporary folder for a browser's developer tools.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isthmusWith } from './gateways/isthmus.ts';
import { measure } from './measure.ts';
import { readOperations, variedBenchmark } from './operations.ts';
import { prepareGraph } from './prepare-graph.ts';
import { startChild } from './process/child.ts';
import type { Profile } from './process/probe.ts';
import { type CpuProfile, selfTimes } from './self-times.ts';

const { values } = parseArgs({
  options: {
    operation: { type: 'string', default: 'benchmark' },
    mode: { type: 'string', default: 'separate' },
    warmup: { type: 'string', default: '5' },
    measure: { type: 'string', default: '8' },
    top: { type: 'string', default: '30' },
    /** `entities` or `response`: all hits, once it is warm. */
    cache: { type: 'string' },
  },
});
const cache = values.cache === undefined ? {} : { cache: { [values.cache]: { enabled: true, default_max_age: '1h' } } };
const { operations, skipped } = readOperations();
const varied = variedBenchmark();
const operation = [...operations, ...(varied === undefined ? [] : [varied])].find(
  ({ name }) => name === values.operation,
);
if (operation === undefined) {
  const reason = skipped.get(values.operation) ?? `there are ${operations.map(({ name }) => name).join(', ')}`;
  throw new Error(`there is no operation ${values.operation}: ${reason}`);
}

const folder = mkdtempSync(join(tmpdir(), 'isthmus-profile-'));
const scratch = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
const load = startChild({
  command: [fileURLToPath(new URL('process/load-main.ts', import.meta.url))],
  role: 'driver',
});
try {
  const { files, upstream, expected } = await prepareGraph(operation.graph, [operation], scratch);
  try {
    let profile: Profile | undefined;
    const measured = await measure({
      gateway: isthmusWith('Isthmus', cache),
      operation,
      mode: values.mode === 'shared' ? 'shared' : 'separate',
      files,
      upstream,
      load,
      expected,
      warmUpMs: Number(values.warmup) * 1000,
      measuredMs: Number(values.measure) * 1000,
      onProfile: (finished) => {
        profile = finished;
      },
    });
    const file = join(folder, `${operation.name}.cpuprofile`);
    const { cpu, pauses } = profile ?? { cpu: '', pauses: {} };
    writeFileSync(file, cpu);
    const { byFunction, byPart, totalMs } = selfTimes(JSON.parse(cpu) as CpuProfile);
    const microseconds = (ms: number) => ((ms / measured.requests) * 1000).toFixed(1).padStart(8);
    const share = (ms: number) => `${((ms / totalMs) * 100).toFixed(1).padStart(5)} %`;
    const lines = [
      `${operation.title}: ${measured.requests} requests, ${measured.cpuMsPerRequest.toFixed(3)} ms CPU each while profiled`,
      measured.wrong === undefined ? '' : `WRONG: ${measured.wrong}\n`,
      ...Object.entries(pauses).map(([kind, { count, ms }]) => `${share(ms)}  ${microseconds(ms)}  ${kind} (${count})`),
      '',
      '  share  µs/request  part',
      ...byPart.map(({ name, ms }) => `${share(ms)}  ${microseconds(ms)}  ${name}`),
      '',
      '  share  µs/request  function',
      ...byFunction.slice(0, Number(values.top)).map(({ name, ms }) => `${share(ms)}  ${microseconds(ms)}  ${name}`),
      '',
      `the profile: ${file}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  } finally {
    await upstream.end();
  }
} finally {
  await load.end();
  rmSync(scratch, { recursive: true, force: true });
}
