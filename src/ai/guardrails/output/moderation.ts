/** A moderation model's judgement of a text that passed all other guards. The only asynchronous guard. */
import type { ModerationConfig } from '../../../config/index.ts';
import { addAbortListener, CallbackEntry, invariant, removeAbortListener, timerWheel } from '../../../lib/index.ts';
import type { Finding } from '../finding.ts';
import type { Blocked, GuardBounds } from '../verdict.ts';

/** Calls the model. Any rejection, and the deadline, is a failure; categories are names such as `violence`. */
export type Moderate = (
  text: string,
  bounds: GuardBounds,
) => Promise<{ readonly flagged: boolean; readonly categories: readonly string[] }>;

export interface Moderation {
  readonly input: boolean;
  readonly output: boolean;
  /** The given verdict, or a block; rejects only with the signal's reason. */
  judge<Verdict extends { readonly findings: readonly Finding[] }>(
    text: string,
    bounds: GuardBounds,
    verdict: Verdict,
  ): Promise<Verdict | Blocked>;
}

export function createModeration(
  config: ModerationConfig | undefined,
  moderate: Moderate | undefined,
): Moderation | undefined {
  if (config === undefined) return undefined;
  invariant(moderate !== undefined, 'moderation is configured, so createGuardrails needs moderate');
  return {
    input: config.input,
    output: config.output,
    async judge(text, bounds, verdict) {
      const judgement = await withinBounds(moderate(text, bounds), bounds).catch(() => undefined);
      bounds.signal.throwIfAborted();
      const rules = judgement === undefined ? ['unavailable'] : judgement.flagged ? namesOf(judgement.categories) : [];
      if (rules.length === 0) return verdict;
      const blocks = judgement === undefined ? config.onError === 'block' : config.mode === 'block';
      const mode = blocks ? 'block' : 'flag';
      const findings = [
        ...verdict.findings,
        ...rules.map((rule): Finding => ({ guard: 'moderation', rule, mode, count: 1 })),
      ];
      return blocks ? { kind: 'blocked', findings } : { ...verdict, findings };
    },
  };
}

/** A model's category in records: a short name only. */
function namesOf(categories: readonly string[]): readonly string[] {
  const names = categories.map((name) =>
    name
      .toLowerCase()
      .replace(/[^a-z0-9/_-]+/g, '_')
      .slice(0, 40),
  );
  return names.length === 0 ? ['flagged'] : [...new Set(names)].slice(0, 10);
}

function withinBounds<Value>(promise: Promise<Value>, { signal, deadline }: GuardBounds): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    const atDeadline = new CallbackEntry(() => reject(new Error('the moderation model did not answer in time')));
    timerWheel.add(atDeadline, deadline.remainingMs);
    if (signal.aborted) stop();
    addAbortListener(signal, stop);
    promise.then(resolve, reject).finally(() => {
      timerWheel.remove(atDeadline);
      removeAbortListener(signal, stop);
    });
  });
}
