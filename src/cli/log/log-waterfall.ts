/** One record whole, from its client to its tokens: who asked, what it cost, and what happened when, as bars under each other. */
import { formatUsd, isoTime } from '../../lib/index.ts';
import type { OperationRecord, RecordedCall, RecordedFetch, RecordedField } from '../../observability/records/index.ts';
import { printable } from '../printable.ts';
import { milliseconds } from './log-lines.ts';

interface Step {
  readonly depth: number;
  readonly at: number;
  readonly ms: number;
  readonly text: string;
}

const barLength = 40;

export function waterfall(record: OperationRecord): string {
  const { durationMs, waitedMs, document, variables } = record;
  const steps = stepsOf(record);
  const totalMs = Math.max(durationMs, ...steps.map(({ at, ms }) => at + ms), 0.01);
  const lines = [
    ...headOf(record),
    `${milliseconds(durationMs)} ms: ${milliseconds(waitedMs)} waited for subgraphs and models, ${milliseconds(durationMs - waitedMs)} of Isthmus`,
    ...(steps.length === 0 ? [] : ['', ...steps.map((step) => stepLine(step, totalMs))]),
    ...(document === undefined ? [] : ['', ...document.split('\n').map((line) => `  ${printable(line)}`)]),
    ...(variables === undefined ? [] : ['', `  variables ${printable(variables)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function headOf(record: OperationRecord): readonly string[] {
  const { details, codes, weight, nanoUsd, traceId, client, clientVersion, principal, tenant, inputTokens } = record;
  const facts = [
    ['operation', [record.kind, record.operation, details.outcome, details.source, details.end]],
    ['client', [client, clientVersion]],
    ['caller', [principal, record.principalKind === principal ? undefined : record.principalKind]],
    ['tenant', [tenant]],
    ['contract', [details.contract]],
    ['errors', codes.length === 0 ? [] : [`${record.errors}:`, ...codes]],
    ['cost', costOf(record)],
    [
      'models',
      nanoUsd + inputTokens === 0 ? [] : [`$${formatUsd(BigInt(nanoUsd))},`, tokens(inputTokens, record.outputTokens)],
    ],
    ['trace', [traceId]],
    ['signature', [record.signature]],
    ['generation', [details.generation]],
    ['stands for', weight === 1 ? [] : [`${weight} operations`]],
  ] as const;
  const factLines = facts.flatMap(([name, values]) => {
    const text = values.filter((value) => value !== undefined).join(' ');
    return text === '' ? [] : [`${name.padEnd(10)}  ${printable(text)}`];
  });
  return [
    `request ${printable(record.requestId)}  ${isoTime(record.at)}  ${record.door}  ${record.status}`,
    ...factLines,
  ];
}

function costOf({ details: { costEstimated, costActual, estimatedNanoUsd } }: OperationRecord): readonly string[] {
  return [
    ...(costActual === undefined ? [] : [`${costActual} points`]),
    ...(costEstimated === undefined ? [] : [`(${costEstimated} estimated)`]),
    ...(estimatedNanoUsd === undefined ? [] : [`at most $${formatUsd(BigInt(estimatedNanoUsd))}`]),
  ];
}

/** In the order of their beginnings, what belongs together below each other. */
function stepsOf({ details }: OperationRecord): readonly Step[] {
  const { parseMs = 0, validateMs = 0, planMs = 0, fetches = [], calls = [], unlisted } = details;
  let at = 0;
  const phases = (
    [
      ['parse', parseMs],
      ['validate', validateMs],
      ['plan', planMs],
    ] as const
  ).flatMap(([text, ms]) => {
    const step = { depth: 0, at, ms, text };
    at += ms;
    return ms === 0 ? [] : [step];
  });
  const ofFields = new Set<string>();
  const ofFetches = fetches.toSorted((a, b) => a.at - b.at).flatMap((fetch) => fetchSteps(fetch, calls, ofFields));
  const others = calls.filter(({ field }) => field === undefined || !ofFields.has(field));
  const more = unlisted === undefined ? [] : [{ depth: 0, at: 0, ms: 0, text: `… and ${unlisted} more` }];
  return [...phases, ...ofFetches, ...others.map((call) => callStep(call, 0)), ...more];
}

function fetchSteps(fetch: RecordedFetch, calls: readonly RecordedCall[], ofFields: Set<string>): readonly Step[] {
  const { at, ms, subgraph, kind, outcome, entities, hits, stale, shared, attempts = [], fields = [] } = fetch;
  const text = [
    subgraph,
    kind === 'entities' ? `${entities ?? 0} entities` : 'root',
    ...(outcome === 'ok' ? [] : [outcome]),
    ...(hits === undefined ? [] : [`${hits} cached`]),
    ...(stale === undefined ? [] : [`${stale} stale`]),
    ...(shared === true ? ['shared'] : []),
  ].join(', ');
  const tries = attempts.map((attempt) => {
    const status = attempt.status === undefined ? '' : ` ${attempt.status}`;
    return { depth: 1, at: attempt.at, ms: attempt.ms, text: `attempt: ${attempt.outcome}${status}` };
  });
  const inner = fields.flatMap((field) => {
    const fieldCalls = ofFields.has(field.field) ? [] : calls.filter((call) => call.field === field.field);
    ofFields.add(field.field);
    return [fieldStep(field), ...fieldCalls.map((call) => callStep(call, 2))];
  });
  return [{ depth: 0, at, ms, text }, ...tries, ...inner];
}

function fieldStep({ at, ms, field, items, cached, failed, codes = [] }: RecordedField): Step {
  const text = [
    `${field}: ${items} items`,
    ...(cached === undefined ? [] : [`${cached} cached`]),
    ...(failed === undefined ? [] : [`${failed} failed ${codes.join(' ')}`]),
  ].join(', ');
  return { depth: 1, at, ms, text };
}

function callStep(call: RecordedCall, depth: number): Step {
  const { at, ms, alias, model, prompt, finish, cache, usd, attempts = [], firstTokenMs } = call;
  const text = [
    `${alias}${model === undefined ? '' : ` ${model}`}`,
    ...(prompt === undefined ? [] : [prompt]),
    finish,
    ...(cache === undefined || cache === 'miss' ? [] : [`cached: ${cache}`]),
    ...(call.inputTokens === undefined ? [] : [tokens(call.inputTokens, call.outputTokens ?? 0)]),
    ...(usd === undefined ? [] : [`$${usd}`]),
    ...(firstTokenMs === undefined ? [] : [`first token after ${milliseconds(firstTokenMs)} ms`]),
    ...attempts.map((attempt) => `${attempt.model} ${attempt.outcome} ${milliseconds(attempt.ms)} ms`),
    ...(call.shadow === true ? ['shadow'] : []),
  ].join(', ');
  return { depth, at, ms, text };
}

const tokens = (input: number, output: number): string => `${input} tokens in, ${output} out`;

function stepLine({ depth, at, ms, text }: Step, totalMs: number): string {
  const from = Math.min(barLength - 1, Math.floor((at / totalMs) * barLength));
  const length = Math.min(barLength - from, Math.max(1, Math.round((ms / totalMs) * barLength)));
  const bar = `${' '.repeat(from)}${'█'.repeat(length)}`.padEnd(barLength);
  return `${milliseconds(at).padStart(8)} ${milliseconds(ms).padStart(8)}  ${bar}  ${'  '.repeat(depth)}${printable(text)}`;
}
