/**
 * `isthmus prompt test`: runs the tests in the front matter of the prompts of the configured AI subgraphs against real
 * models. The calls are paid for; the last line prints their cost.
 */
import { dirname } from 'node:path';
import type { Command } from 'commander';
import {
  type Prompt,
  PromptError,
  type PromptTestResult,
  type PromptTestRun,
  type PromptUse,
  promptUses,
  readPromptFolder,
  runPromptTest,
  testedUses,
} from '../../ai/fields/index.ts';
import { textOf } from '../../ai/model-call/index.ts';
import { createModelClient, type ModelClient } from '../../ai/models/index.ts';
import { createMemoryStore } from '../../cache/index.ts';
import { loadConfig, type ResolvedConfig, type SubgraphConfig } from '../../config/index.ts';
import { Deadline, didYouMean, formatUsd, readTextFile } from '../../lib/index.ts';
import { createLogger } from '../../observability/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { withProgress } from '../frame/with-progress.ts';
import { printable } from '../printable.ts';

interface TestOptions {
  readonly config: string;
  readonly model?: string;
  readonly json: boolean;
}

export function testCommand(): Command {
  return cliCommand('test', {
    description: 'Run the tests in the prompts’ front matter against real models; exits 1 if one fails.',
    local: 'it tests files of this machine; `isthmus subgraph check` tests what is to be published',
    examples: ['isthmus prompt test', 'isthmus prompt test review-summary --model smart --json'],
  })
    .argument('[name]', 'a prompt: review-summary, review-summary@3, review-summary#production (default: all)')
    .option('--model <model>', 'an alias of ai.models, or provider/model, instead of the prompt’s own')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(testPrompts);
}

/** A test to run, or the reason it is not run. */
interface Row {
  readonly prompt: string;
  readonly test: string;
  readonly outcome:
    | { readonly kind: 'skipped'; readonly why: string }
    | { readonly kind: 'broken'; readonly why: string }
    | { readonly kind: 'ran'; readonly result: PromptTestResult };
}

/** How many tests run concurrently. */
const parallel = 4;
const maxShownCharacters = 300;

async function testPrompts(name: string | undefined, { config: file, model, json }: TestOptions): Promise<void> {
  const config = await loadConfig(file);
  const log = createLogger({ level: 'warn', readable: true, destination: process.stderr });
  const cache = createMemoryStore({ maxBytes: config.ai.cache.maxBytes });
  // A cached answer would test nothing.
  const ai = { ...config.ai, exposeReferences: true };
  const models = createModelClient({ ai, cache, log, resolveFrom: dirname(config.file) });
  try {
    const { prompts, broken } = await readPrompts(config, name);
    if (prompts.length === 0 && broken.length === 0) {
      if (name === undefined) return fail('NOTHING_TO_DO', 'no AI subgraph has a prompt');
      const names = (await readPrompts(config, undefined)).prompts.map(({ prompt }) => prompt.name);
      return fail('NOT_FOUND', `there is no prompt "${name}"${didYouMean(name, names)}`);
    }
    const run = () => runAll(prompts, models, model, config.ai.callTimeoutMs);
    print([...broken, ...(await withProgress('testing prompts', run))], json);
  } finally {
    await models.close();
    await cache.close();
  }
}

interface NamedPrompt {
  readonly name: string;
  readonly prompt: Prompt;
  /** The field whose type is the output, where the prompt declares none and a field uses it. */
  readonly use: PromptUse | undefined;
}

async function readPrompts(
  { subgraphs }: ResolvedConfig,
  reference: string | undefined,
): Promise<{ readonly prompts: readonly NamedPrompt[]; readonly broken: readonly Row[] }> {
  const prompts: NamedPrompt[] = [];
  const broken: Row[] = [];
  for (const subgraph of subgraphs) {
    if (subgraph.kind !== 'ai') continue;
    const folder = await readPromptFolder(subgraph.promptsFolder);
    const uses = await usesIn(subgraph);
    const add = (prompt: Prompt): void => {
      const name = `${subgraph.name}/${prompt.name}`;
      const tested = testedUses(prompt, uses);
      for (const use of tested)
        prompts.push({ name: tested.length === 1 ? name : `${name} (${use?.coordinate})`, prompt, use });
    };
    const breaks = (of: string, { file, line, message }: PromptError): void => {
      const place = line === undefined ? (file ?? '') : `${file ?? ''}:${line}`.replace(/^:/, 'line ');
      const why = place === '' ? message : `${place}: ${message}`;
      broken.push({ prompt: `${subgraph.name}/${of}`, test: '', outcome: { kind: 'broken', why } });
    };
    if (reference === undefined) {
      folder.list().forEach(add);
      for (const [of, error] of folder.errors) breaks(of, error);
      continue;
    }
    const choice = folder.find(reference);
    if (!(choice instanceof PromptError)) for (const { prompt } of choice.versions) add(prompt);
    else if (folder.errors.has(`${reference}.prompt`) || choice.line !== undefined) breaks(reference, choice);
  }
  return { prompts, broken };
}

/** Empty if the schema cannot be read or built: `isthmus compose` reports why. */
async function usesIn(subgraph: SubgraphConfig): Promise<ReadonlyMap<string, readonly PromptUse[]>> {
  const { name, schema } = subgraph;
  const sdl = schema.kind === 'file' ? await readTextFile(schema.path).catch(() => undefined) : undefined;
  const uses = sdl === undefined ? undefined : promptUses({ name, url: '', sdl, origin: '' });
  if (uses !== undefined) return uses;
  process.stderr.write(
    `${name}: its schema cannot be built, so prompts return text; \`isthmus compose\` reports why\n`,
  );
  return new Map();
}

async function runAll(
  prompts: readonly NamedPrompt[],
  models: ModelClient,
  model: string | undefined,
  timeoutMs: number,
): Promise<readonly Row[]> {
  const tests = prompts.flatMap(({ name, prompt, use }) =>
    prompt.tests.map((test, index) => ({ name, prompt, use, test, index })),
  );
  const rows: Row[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < tests.length; at = next++) {
      const { name, prompt, use, test, index } = tests[at] as (typeof tests)[number];
      const outcome = await runOne({ prompt, use, test, models }, model ?? use?.model ?? prompt.model, timeoutMs);
      rows[at] = { prompt: name, test: test.name ?? `test ${index + 1}`, outcome };
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return rows;
}

async function runOne(
  testRun: Pick<PromptTestRun, 'prompt' | 'use' | 'test' | 'models'>,
  model: string | undefined,
  timeoutMs: number,
): Promise<Row['outcome']> {
  if (model === undefined) return { kind: 'skipped', why: 'it names no model; choose one with --model' };
  if (!model.includes('/') && !testRun.models.has(model)) {
    return { kind: 'skipped', why: `"${model}" is not a configured model, or none of its providers has a key` };
  }
  const bounds = { signal: AbortSignal.timeout(timeoutMs + 1_000), deadline: Deadline.in(timeoutMs) };
  return { kind: 'ran', result: await runPromptTest({ ...testRun, model, ...bounds }) };
}

function print(rows: readonly Row[], json: boolean): void {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let costNanoUsd = 0n;
  for (const { outcome } of rows) {
    counts[stateOf(outcome)]++;
    if (outcome.kind === 'ran') costNanoUsd += outcome.result.answer?.costNanoUsd ?? 0n;
  }
  const usd = formatUsd(costNanoUsd);
  const { passed, failed, skipped } = counts;
  const result = { ...counts, usd, tests: rows.map(toJson) };
  const isTested = passed + failed > 0;
  if (isTested || !json)
    printResult({ json }, result, () =>
      [...tableOf(rows), '', `${passed} passed, ${failed} failed, ${skipped} skipped; ${usd} USD`].join('\n'),
    );
  if (!isTested) fail('NOTHING_TO_DO', 'nothing was tested', result);
  if (failed > 0) reportFinding();
}

function toJson({ prompt, test, outcome }: Row) {
  const row = { prompt, test, state: stateOf(outcome) };
  if (outcome.kind !== 'ran') return { ...row, problems: [outcome.why] };
  const { problems, answer } = outcome.result;
  if (answer === undefined) return { ...row, problems };
  const { model, durationMs, costNanoUsd } = answer;
  return { ...row, problems, model, ms: Math.round(durationMs), usd: formatUsd(costNanoUsd), answer: textOf(answer) };
}

/** Each row with its notes below it. */
function tableOf(rows: readonly Row[]): readonly string[] {
  const cells = rows.map(({ prompt, test, outcome }) => {
    const answer = outcome.kind === 'ran' ? outcome.result.answer : undefined;
    const ms = answer === undefined ? '' : String(Math.round(answer.durationMs));
    const usd = answer === undefined ? '' : formatUsd(answer.costNanoUsd);
    return [stateOf(outcome), prompt, test, answer?.model ?? '', ms, usd];
  });
  const [head = '', ...lines] = alignColumns([['', 'prompt', 'test', 'model', 'ms', 'USD'], ...cells]);
  const noted = rows.flatMap(({ outcome }, index) => [
    lines[index] ?? '',
    ...notesOf(outcome).map((note) => `    ${note}`),
  ]);
  return [head, ...noted];
}

function stateOf(outcome: Row['outcome']): 'passed' | 'failed' | 'skipped' {
  if (outcome.kind !== 'ran') return outcome.kind === 'skipped' ? 'skipped' : 'failed';
  return outcome.result.problems.length === 0 ? 'passed' : 'failed';
}

function notesOf(outcome: Row['outcome']): string[] {
  if (outcome.kind !== 'ran') return [truncated(outcome.why)];
  const { problems, answer } = outcome.result;
  if (problems.length === 0) return [];
  const answered = answer === undefined ? [] : [`answered: ${truncated(textOf(answer))}`];
  return [...problems.map(truncated), ...answered];
}

function truncated(text: string): string {
  const line = printable(text);
  return line.length <= maxShownCharacters ? line : `${line.slice(0, maxShownCharacters)}…`;
}
