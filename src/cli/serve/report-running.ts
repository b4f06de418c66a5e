import { resolve } from 'node:path';
import { messageOf } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { ReloadOutcome } from '../../runtime/index.ts';
import { forgetGateway, type RunningGateway, recordGateway, startTimeOf } from './running-gateways.ts';

export interface ReportRunningOptions {
  readonly config: string;
  readonly url: string;
  /** The id of the generation that serves. */
  readonly generation: () => string | undefined;
  readonly log: Logger;
}

/**
 * Registers this process for `isthmus reload`, until it exits.
 * @returns a function that records the outcome of a reload
 */
export async function reportRunning(options: ReportRunningOptions): Promise<(outcome: ReloadOutcome) => Promise<void>> {
  const { config, url, log } = options;
  const write = async (): Promise<void> => {
    try {
      await recordGateway(record);
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'isthmus reload cannot find this gateway');
    }
  };
  const generation = (): string => options.generation() ?? '-';
  const of = { pid: process.pid, began: await startTimeOf(process.pid), config: resolve(config), url };
  let record: RunningGateway = { ...of, generation: generation(), reloads: 0 };
  if (of.began === '') return async () => {};
  await write();
  process.on('exit', () => forgetGateway(record));
  return async (outcome) => {
    const report = outcome.kind === 'refused' ? { kind: outcome.kind, error: outcome.error.message } : outcome;
    const { kind } = report;
    const error = 'error' in report ? { error: report.error } : {};
    record = { ...of, generation: generation(), reloads: record.reloads + 1, outcome: { kind, ...error } };
    await write();
  };
}
