/** `limits.overload`: what becomes of more operations than a worker can serve. */
import { z } from 'zod';
import { parseDuration } from '../units.ts';
import { duration } from '../values.ts';

export interface OverloadConfig {
  readonly maxConcurrency: number;
  readonly loopDelayMs: number;
  readonly queue: number;
  readonly queueWaitMs: number;
}

export const overloadYaml = z
  .strictObject({
    max_concurrency: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(1_000)
      .describe('The most operations at once. Fewer are served while the event loop is late.'),
    loop_delay: duration
      .default('10ms')
      .describe('How late the event loop may be before fewer operations are served at once.'),
    queue: z
      .number()
      .int()
      .min(0)
      .max(100_000)
      .default(100)
      .describe('How many operations may wait for others to end.'),
    queue_wait: duration
      .default('50ms')
      .refine((text) => (parseDuration(text) ?? 0) <= 10_000, 'a wait is at most 10s')
      .describe('How long they may wait; then they are refused (OVERLOADED).'),
  })
  .describe(
    'Sheds load: each worker serves so many operations at once as its event loop keeps up with. Write `{}` for the defaults. Default: off.',
  );

export function resolveOverload(yaml: z.output<typeof overloadYaml>): OverloadConfig {
  return {
    maxConcurrency: yaml.max_concurrency,
    loopDelayMs: parseDuration(yaml.loop_delay) ?? 0,
    queue: yaml.queue,
    queueWaitMs: parseDuration(yaml.queue_wait) ?? 0,
  };
}
