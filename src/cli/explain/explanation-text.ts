/** An explanation as text: the plan as a tree, then cost, access and cache policy. */
import type { ResolvedConfig } from '../../config/index.ts';
import { countOf, unreachable } from '../../lib/index.ts';
import { judgementText } from '../access/judgement-text.ts';
import { alignColumns } from '../align-columns.ts';
import { paint } from '../frame/paint.ts';
import { printable } from '../printable.ts';
import type { CacheExplanation } from './cache-explanation.ts';
import type { Explanation } from './explain-operation.ts';
import type { PlanStep } from './plan-steps.ts';

export function explanationText(explanation: Explanation, access: ResolvedConfig['access']): string {
  const { operation, plan } = explanation;
  return [
    ...(operation === undefined ? [] : [`operation ${operation}`, '']),
    paint('bold', planTitle(plan)),
    ...treeOf(explanation),
    '',
    paint('bold', `cost: ${costTitle(explanation)}`),
    ...costLines(explanation),
    '',
    paint('bold', 'access'),
    ...indented(judgementText(explanation.access, access).trimEnd().split('\n')),
    '',
    paint('bold', `cache: ${cacheTitle(explanation.cache)}`),
    ...cacheLines(explanation.cache),
    '',
  ].join('\n');
}

export function planTitle(plan: readonly PlanStep[]): string {
  const stages = Math.max(0, ...plan.map(({ stage }) => stage));
  if (plan.length === 0) return 'plan: nothing is fetched';
  return `plan: ${countOf(plan.length, 'request')} in ${countOf(stages, 'stage')}`;
}

/** Which step, and who answers it. */
export function stepName({ number, subgraph }: PlanStep, inProcess: readonly string[]): string {
  return `#${number} ${subgraph}${inProcess.includes(subgraph) ? ' (in the gateway)' : ''}`;
}

/** What it is: `entities at products[], after #1`. */
export function stepPlace({ kind, paths, after }: PlanStep): string {
  const place = paths.filter((path) => path !== '').join(', ');
  const waits = after.length === 0 ? '' : `, after ${after.map((step) => `#${step}`).join(' and ')}`;
  return `${kind}${place === '' ? '' : ` at ${place}`}${waits}`;
}

function treeOf({ plan, inProcess, cost }: Explanation): readonly string[] {
  const stages = Map.groupBy(plan, ({ stage }) => stage);
  const nodes = [...stages.values()].map((steps) => {
    const texts = steps.map((step) => stepLines(step, inProcess, cost.ai));
    return steps.length === 1 ? (texts[0] ?? []) : ['at once', ...branches(texts)];
  });
  return branches(nodes);
}

function stepLines(step: PlanStep, inProcess: readonly string[], ai: Explanation['cost']['ai']): readonly string[] {
  const representations = step.representations === undefined ? [] : [`sends ${step.representations}`];
  const fields = inProcess.includes(step.subgraph) ? ai.filter(({ path }) => isOf(step, path)) : [];
  const models = fields.map(({ path, items, usd, calls }) => `${path}: ${callsText(calls)}, ${items} at most, $${usd}`);
  return [
    `${stepName(step, inProcess)}: ${stepPlace(step)}`,
    ...representations,
    ...models,
    ...step.selection.split('\n'),
  ];
}

/** Whether a field's path is at a place of the step. */
export function isOf({ paths, selection }: PlanStep, path: string): boolean {
  const names = path.split('.');
  const field = names.at(-1) ?? '';
  const place = names.slice(0, -1).join('.');
  return paths.some((each) => each.replaceAll('[]', '') === place) && new RegExp(`\\b${field}\\b`).test(selection);
}

export function callsText(calls: Explanation['cost']['ai'][number]['calls']): string {
  return calls.map(({ prompt, model }) => `${prompt} by ${model}`).join(' or ');
}

/** Each node's lines, with the lines of a tree before them. */
function branches(nodes: readonly (readonly string[])[]): readonly string[] {
  return nodes.flatMap((lines, index) => {
    const isLast = index === nodes.length - 1;
    return lines.map((line, at) => `${at === 0 ? (isLast ? '└─ ' : '├─ ') : isLast ? '   ' : '│  '}${printable(line)}`);
  });
}

export function costTitle({ cost }: Explanation): string {
  const limit = Number.isFinite(cost.max) ? ` of ${cost.max}` : '';
  const usd = cost.ai.length === 0 ? '' : `, at most $${cost.usd}`;
  return `${cost.points}${limit} points${usd}`;
}

function costLines({ cost: { subgraphs, ai, refusals } }: Explanation): readonly string[] {
  return indented([
    ...refusals.map((refusal) => `a gateway refuses it: ${refusal}`),
    ...alignColumns(Object.entries(subgraphs).map(([name, each]) => [name, `${each} points`])),
    ...alignColumns(ai.map(({ path, items, usd, calls }) => [path, `${items} at most`, `$${usd}`, callsText(calls)])),
  ]);
}

const reasons = {
  off: 'cache.response is off',
  mutation: 'it is a mutation',
  no_max_age: 'nothing says for how long (no_max_age), unless responses do',
  max_age_0: 'a hint is 0 (max_age_0)',
  no_store: 'a subgraph forbids it (no_store)',
  stale: 'it would be stale at once (stale)',
  rows: 'objects of it are decided by rules (rows)',
} as const;

export function cacheTitle({ answer }: CacheExplanation): string {
  switch (answer.kind) {
    case 'cached':
      return `${answer.maxAgeMs / 1_000} s, ${answer.scope}, unless a response says less`;
    case 'not cached':
      return `the answer is not cached: ${reasons[answer.reason]}`;
    default:
      return unreachable(answer);
  }
}

function cacheLines({ answer, requests, tags }: CacheExplanation): readonly string[] {
  const rows = requests.map(({ number, subgraph, maxAgeMs, scope, isCached }) => [
    `#${number} ${subgraph}`,
    maxAgeMs === undefined ? 'no hint' : `hint ${maxAgeMs / 1_000} s`,
    scope,
    isCached ? 'its entities and root fields are cached' : '',
  ]);
  return indented([
    ...alignColumns(rows),
    ...(answer.kind === 'not cached' || tags.length === 0 ? [] : [`invalidated by ${tags.join(', ')}`]),
  ]);
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${printable(line)}`.trimEnd());
}
