/**
 * `isthmus doctor`: what is wrong on this machine or in a configuration, and how to mend it. It changes nothing, prints no
 * secret, and calls no model.
 */
import type { Command } from 'commander';
import { ConfigError, loadConfig, type ResolvedConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { countOf, withinTime } from '../../lib/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { paint, type Style } from '../frame/paint.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { withProgress } from '../frame/with-progress.ts';
import { printable } from '../printable.ts';
import { type Check, type Finding, ok, problem } from './finding.ts';
import { compositionFindings, promptFindings, subgraphFindings } from './graph-checks.ts';
import { certificateFindings, listenerFindings } from './listener-checks.ts';
import { capacityFindings, machineFindings } from './machine-checks.ts';
import { modelFindings } from './model-checks.ts';
import { redisFindings, storeFindings, writableFindings } from './store-checks.ts';

interface DoctorOptions {
  readonly config: string;
  readonly json: boolean;
}

const checks: readonly Check[] = [
  { name: 'workers', run: capacityFindings },
  { name: 'composition', run: compositionFindings },
  { name: 'prompts', run: promptFindings },
  { name: 'subgraphs', run: subgraphFindings },
  { name: 'port', run: listenerFindings },
  { name: 'certificates', run: certificateFindings },
  { name: 'store', run: storeFindings },
  { name: '.isthmus', run: writableFindings },
  { name: 'redis', run: redisFindings },
  { name: 'models', run: modelFindings },
];

const checkMs = 30_000;

/** Exits 1 where there is a problem. */
export function doctorCommand(): Command {
  return cliCommand('doctor', {
    description: 'Find what is wrong on this machine or in a configuration, and say how to fix it.',
    local: 'it looks at this machine and its files',
    examples: ['isthmus doctor', 'isthmus doctor --config production.yaml --json'],
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(examine);
}

async function examine({ config: file, json }: DoctorOptions): Promise<void> {
  const findings = await withProgress('examining', async () => {
    const ofMachine = await machineFindings(file);
    const config = await load(file);
    if (Array.isArray(config)) return [...ofMachine, ...config];
    const valid = ok('configuration', `${file} is valid`);
    return [...ofMachine, valid, ...(await allFindings(config as ResolvedConfig))];
  });
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length;
  const counts = { problems: count('problem'), warnings: count('warning'), ok: count('ok') };
  printResult({ json }, { ...counts, checks: findings }, () =>
    [
      ...findings.flatMap(linesOf),
      '',
      `${countOf(counts.problems, 'problem')}, ${countOf(counts.warnings, 'warning')}, ${counts.ok} in order`,
    ].join('\n'),
  );
  if (counts.problems > 0) reportFinding();
}

/** @returns what is wrong of it, where it cannot be loaded */
async function load(file: string): Promise<ResolvedConfig | readonly Finding[]> {
  try {
    return await loadConfig(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, line, message }) => {
      const place = [`${file}${line === undefined ? '' : `:${line}`}`, ...(path === '' ? [] : [path])].join(': ');
      const isMissing = message.startsWith('there is no such file');
      const fix = isMissing
        ? 'go to its folder, name it with --config, or write a graph with `isthmus init`'
        : 'correct the line shown; docs/configuration.md has every key';
      return problem('configuration', `${place}: ${message}`, fix);
    });
  }
}

async function allFindings(config: ResolvedConfig): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    checks.map(async ({ name, run }) => {
      try {
        return await withinTime(run(config), { timeoutMs: checkMs, what: `the check of ${name}` });
      } catch (error) {
        return [problem(name, messageOf(error), 'see the message')];
      }
    }),
  );
  return findings.flat();
}

const styles: Readonly<Record<Finding['state'], Style>> = { ok: 'green', warning: 'yellow', problem: 'red' };

function linesOf({ check, state, message, fix }: Finding): readonly string[] {
  const indent = ' '.repeat(9);
  const lines = message.split('\n').map(printable);
  return [
    `${paint(styles[state], state.padEnd(7))}  ${printable(check)}: ${lines.join(`\n${indent}`)}`,
    ...(fix === undefined ? [] : [`${indent}fix: ${printable(fix)}`]),
  ];
}
