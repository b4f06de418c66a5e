/**
 * `npm run bench -- ai`: model calls through Isthmus beside Portkey's gateway and a bare proxy, before the same scripted
 * provider. The gateway has core 0 to itself; load and provider share core 1.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packageVersion } from '../gateways/package-version.ts';
import { keepResults } from '../keep-results.ts';
import { machine } from '../machine.ts';
import { readRounds, readSeconds } from '../options.ts';
import { print } from '../print.ts';
import { printProfile } from '../print-profile.ts';
import { startChild, whyUnpinned } from '../process/child.ts';
import type { Profile } from '../process/probe.ts';
import type { AiLine, AiMeasured, AiResults } from './ai-results.ts';
import { type MeasureCallsOptions, measureCalls } from './measure-calls.ts';
import { renderAi } from './render-ai.ts';
import { portkeyVersion, subjects } from './subjects.ts';
import { workloads } from './workloads.ts';

const usage = `node bench/main.ts ai [options]

  --only <names>        of ${subjects.map(({ name }) => name).join(', ')} (default: all)
  --workload <names>    of ${workloads.map(({ name }) => name).join(', ')} (default: all)
  --warmup <seconds>    (default: 4)
  --measure <seconds>   (default: 6)
  --rounds <number>     each line so often, each time a fresh process; the median by CPU counts (default: 1)
  --profile             where each line's gateway spends its time; the figures are then not to be quoted
  --output <file>       where the results go (default: bench/results.json, of a run of everything)
`;

export async function runAi(words: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: text,
      workload: text,
      warmup: { ...text, default: '4' },
      measure: { ...text, default: '6' },
      rounds: { ...text, default: '1' },
      profile: { type: 'boolean', default: false },
      output: text,
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return print(usage);
  const warmUpMs = readSeconds('--warmup', values.warmup);
  const measuredMs = readSeconds('--measure', values.measure);
  const rounds = readRounds(values.rounds);
  const isWhole = values.only === undefined && values.workload === undefined && !values.profile;
  const output = values.output ?? (isWhole ? 'bench/results.json' : undefined);
  const wanted = (list: string | undefined, name: string) => list?.split(',').includes(name) ?? true;

  const chosen = subjects.filter(({ name }) => wanted(values.only, name));
  const skipped = new Map<string, string>();
  for (const subject of chosen) {
    const reason = subject.whyNot();
    if (reason !== undefined) skipped.set(subject.name, reason);
  }
  for (const [name, reason] of skipped) print(`${name} is skipped: ${reason}`);
  if (whyUnpinned !== undefined) print(`processes are not pinned to cores: ${whyUnpinned}`);

  const lines: AiLine[] = [];
  const load = startChild({
    command: [fileURLToPath(new URL('../process/load-main.ts', import.meta.url))],
    role: 'driver',
  });
  try {
    for (const workload of workloads.filter(({ name }) => wanted(values.workload, name))) {
      print(`\n${workload.title}; ${workload.connections} connections`);
      for (const subject of chosen) {
        if (skipped.has(subject.name) || !subject.workloads.includes(workload.name)) continue;
        const onProfile = (profile: Profile) => printProfile(`${workload.name}-${subject.name}`, profile);
        try {
          const line = await medianOf(rounds, {
            ...{ subject, workload, load, warmUpMs, measuredMs },
            ...(values.profile ? { onProfile } : {}),
          });
          lines.push(line);
          print(summaryOf(subject.title, line));
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          lines.push({
            kind: 'failed',
            workload: workload.name,
            subject: subject.name,
            reason: reason.split('\n', 1)[0]?.slice(0, 500) ?? '',
          });
          print(`  ${subject.title}: FAILED: ${reason.slice(0, 1_000)}`);
        }
      }
    }
  } finally {
    await load.end();
  }

  const results: AiResults = {
    date: new Date().toISOString(),
    machine: machine(),
    versions: {
      node: process.version,
      isthmus: packageVersion('../../package.json'),
      ...(chosen.some(({ name }) => name === 'portkey') && !skipped.has('portkey')
        ? { portkey: portkeyVersion() }
        : {}),
    },
    warmUpSeconds: warmUpMs / 1000,
    measuredSeconds: measuredMs / 1000,
    rounds,
    ...(whyUnpinned === undefined ? {} : { unpinned: whyUnpinned }),
    skipped: Object.fromEntries(skipped),
    lines,
  };
  print(`\n${renderAi(results)}`);
  if (output !== undefined) keepResults(output, { ai: results });
  if (lines.some((line) => line.kind === 'failed' || line.wrong !== undefined)) process.exitCode = 1;
}

/** The median by CPU time; a wrong answer in any round is what counts. */
async function medianOf(rounds: number, options: MeasureCallsOptions): Promise<AiMeasured> {
  const all: AiMeasured[] = [];
  for (let round = 0; round < rounds; round++) all.push(await measureCalls(options));
  all.sort((a, b) => a.cpuMsPerCall - b.cpuMsPerCall);
  return all.find(({ wrong }) => wrong !== undefined) ?? (all[Math.floor((rounds - 1) / 2)] as AiMeasured);
}

function summaryOf(title: string, line: AiMeasured): string {
  const numbers = [
    `${line.cpuMsPerCall.toFixed(3)} ms CPU`,
    `${line.callsPerSecond.toFixed(0)}/s`,
    `p50 ${line.p50Ms.toFixed(1)} ms`,
    `p99 ${line.p99Ms.toFixed(1)} ms`,
    `first ${line.firstP50Ms.toFixed(2)} ms`,
    `${line.peakRssMb.toFixed(0)} MB`,
    `${line.providerCallsPerCall.toFixed(2)} provider calls`,
    `driver core ${(line.driverBusy * 100).toFixed(0)} %`,
  ];
  return `  ${title.padEnd(42)} ${numbers.join(' · ')}${line.wrong === undefined ? '' : `\n    WRONG: ${line.wrong}`}`;
}
