/** The searches that an operation goes through until one is short enough, in order. */
import { unreachable } from '../../lib/index.ts';
import type { Search } from './search-bounds.ts';

export type Stage = 'brief' | 'wide' | 'narrow';

/** Nearly every operation is planned in this time; all others are queued behind. */
const briefMs = 250;

/** The search of one stage, within the operation's limit of CPU time. */
export function searchOf(stage: Stage, deadlineMs: number): Search {
  switch (stage) {
    case 'brief':
      return { width: 'wide', cpuMs: Math.min(briefMs, deadlineMs / 2) };
    case 'wide':
      return { width: 'wide', cpuMs: deadlineMs / 2 };
    case 'narrow':
      return { width: 'narrow', cpuMs: deadlineMs / 2 };
    default:
      return unreachable(stage);
  }
}

/** The stage after one that took too long. */
export function nextStage(stage: Stage): Stage | undefined {
  switch (stage) {
    case 'brief':
      return 'wide';
    case 'wide':
      return 'narrow';
    case 'narrow':
      return undefined;
    default:
      return unreachable(stage);
  }
}
