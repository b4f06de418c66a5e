/**
 * What becomes of a canary, by what was counted of it and of what serves beside it: it is withdrawn as soon as it is worse by
 * more than chance, and promoted once its time is over and enough requests have been served. Its callers are a random share, so
 * that both sides are asked the same.
 */
import { nanoPerUsd } from '../lib/index.ts';
import type { Tally } from './canary-tallies.ts';

export type CanaryVerdict =
  | { readonly kind: 'wait' }
  | { readonly kind: 'promote' | 'withdraw' /** All of them, in words with their numbers. */; readonly reason: string };

export interface CanaryJudgement {
  readonly serving: Tally;
  readonly canary: Tally;
  readonly elapsedMs: number;
  /** How long it is served before it is promoted. */
  readonly durationMs: number;
}

/** Fewer requests tell nothing. */
const minRequests = 50;
const minFailures = 5;
/** The difference of two shares in standard errors: by chance one in 700 canaries differs by as much. */
const minDeviation = 3;
/** Shares that differ by less are told apart by nobody. */
const minShareDifference = 0.01;
/** The first requests of a generation find its plans and connections cold. */
const minTimedRequests = 200;
const latencyFactors = [
  { share: 0.5, factor: 1.5 },
  { share: 0.95, factor: 2 },
] as const;
const minLatencyDifferenceMs = 20;
const priceFactor = 1.5;
const minAiRequests = 20;

export function judgeCanary({ serving, canary, elapsedMs, durationMs }: CanaryJudgement): CanaryVerdict {
  const reasons = [failuresWorse, answersWorse, slower, dearer].flatMap((worse) => worse(serving, canary) ?? []);
  if (reasons.length > 0) return { kind: 'withdraw', reason: reasons.join('; ') };
  if (elapsedMs < durationMs || canary.requests < minRequests) return { kind: 'wait' };
  return { kind: 'promote', reason: `${canary.requests} requests were as good as with the generation before` };
}

function failuresWorse(serving: Tally, canary: Tally): string | undefined {
  const [before, after] = [
    { failed: serving.failed, of: serving.requests },
    { failed: canary.failed, of: canary.requests },
  ];
  return isWorse(before, after)
    ? `${shareText(after)} of its requests failed, and ${shareText(before)} of the others`
    : undefined;
}

function answersWorse(serving: Tally, canary: Tally): string | undefined {
  const [before, after] = [
    { failed: serving.aiFailed, of: serving.aiItems },
    { failed: canary.aiFailed, of: canary.aiItems },
  ];
  return isWorse(before, after)
    ? `${shareText(after)} of its AI fields’ values failed, and ${shareText(before)} of the others’`
    : undefined;
}

function slower(serving: Tally, canary: Tally): string | undefined {
  if (Math.min(serving.requests, canary.requests) < minTimedRequests) return undefined;
  for (const { share, factor } of latencyFactors) {
    const [before, after] = [serving.percentileMs(share), canary.percentileMs(share)];
    if (after < before * factor || after - before < minLatencyDifferenceMs) continue;
    return `p${share * 100} of its requests took ${Math.round(after)} ms, and ${Math.round(before)} ms of the others`;
  }
  return undefined;
}

function dearer(serving: Tally, canary: Tally): string | undefined {
  if (Math.min(serving.aiRequests, canary.aiRequests) < minAiRequests) return undefined;
  const [before, after] = [serving.nanoUsd / serving.aiRequests, canary.nanoUsd / canary.aiRequests];
  if (after === 0 || after < before * priceFactor) return undefined;
  return `a request of models cost ${usdText(after)} on average, and ${usdText(before)} with the others`;
}

interface Share {
  readonly failed: number;
  readonly of: number;
}

/** The two-proportion z-test, with the share of both as the variance. */
function isWorse(before: Share, after: Share): boolean {
  if (before.of === 0 || after.of < minFailures || after.failed < minFailures) return false;
  const difference = after.failed / after.of - before.failed / before.of;
  if (difference < minShareDifference) return false;
  const both = (before.failed + after.failed) / (before.of + after.of);
  const error = Math.sqrt(both * (1 - both) * (1 / before.of + 1 / after.of));
  // Everything failed on one side and nothing on the other.
  return error === 0 || difference / error >= minDeviation;
}

function shareText({ failed, of }: Share): string {
  return `${((100 * failed) / of).toFixed(1)} %`;
}

function usdText(nanoUsd: number): string {
  return `$${(nanoUsd / nanoPerUsd).toFixed(6)}`;
}
