/** One page asked for again and again, one at a time: its time at the median, and the gateway's CPU. */
import type { Child } from '../process/child.ts';
import type { LoadOptions, LoadReport } from '../process/load-main.ts';
import type { Profile, Usage } from '../process/probe.ts';

export interface MeasurePagesOptions {
  readonly gateway: Child;
  readonly load: Child;
  readonly port: number;
  readonly path: string;
  readonly body: string;
  /** Where each request has a number of its own, and the first of them: a later measurement must not repeat one. */
  readonly numbered?: { readonly counter: string; readonly countFrom: number };
  readonly answerBytes: number;
  /** By how many bytes an answer may differ. @default 0 */
  readonly slackBytes?: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** The profile of the gateway between start and end of the measured time. */
  readonly onProfile?: (profile: Profile) => void;
}

export interface MeasuredPages {
  readonly pages: number;
  readonly p50Ms: number;
  readonly cpuMsPerPage: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** @throws Error where an answer is not as long as it should be */
export async function measurePages(options: MeasurePagesOptions): Promise<MeasuredPages> {
  const { onProfile } = options;
  const { gateway, load, port, path, body, numbered, answerBytes, slackBytes = 0, warmUpMs, measuredMs } = options;
  await load.ask('start', {
    ...{ port, path, connections: 1, bodies: [body], answerBytes: [answerBytes], slackBytes },
    ...numbered,
  } satisfies LoadOptions);
  await pause(warmUpMs);
  if (onProfile !== undefined) await gateway.ask('beginProfile');
  const from = await gateway.ask<Usage>('begin');
  await pause(measuredMs);
  const to = await gateway.ask<Usage>('finish');
  if (onProfile !== undefined) onProfile(await gateway.ask<Profile>('finishProfile'));
  const { endedAtMs, tookMs, wrong } = await load.ask<LoadReport>('stop');
  if (wrong > 0) throw new Error(`${wrong} of ${tookMs.length} answers differ in length or status`);
  const took = tookMs.filter((_, index) => {
    const endedAt = endedAtMs[index] ?? 0;
    return endedAt >= from.atMs && endedAt < to.atMs;
  });
  if (took.length === 0) throw new Error('no page was answered while it was measured');
  took.sort();
  return {
    pages: took.length,
    p50Ms: took[Math.floor(took.length / 2)] ?? 0,
    cpuMsPerPage: (to.cpuMs - from.cpuMs) / took.length,
  };
}
