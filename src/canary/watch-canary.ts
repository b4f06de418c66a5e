/** Looks at a canary once a second, until it is promoted or withdrawn. */
import type { CanaryTallies } from './canary-tallies.ts';
import { type CanaryVerdict, judgeCanary } from './judge-canary.ts';

export interface WatchCanaryOptions {
  readonly tallies: CanaryTallies;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
  readonly durationMs: number;
  /** Called once. */
  readonly onVerdict: (verdict: Exclude<CanaryVerdict, { kind: 'wait' }>) => void;
}

const intervalMs = 1_000;

/** @returns ends the watch */
export function watchCanary({ tallies, since, durationMs, onVerdict }: WatchCanaryOptions): () => void {
  const look = (): void => {
    const [serving, canary] = [tallies.read('serving'), tallies.read('canary')];
    const verdict = judgeCanary({ serving, canary, elapsedMs: Date.now() - since, durationMs });
    if (verdict.kind === 'wait') return;
    clearInterval(timer);
    onVerdict(verdict);
  };
  const timer = setInterval(look, intervalMs).unref();
  return () => clearInterval(timer);
}
