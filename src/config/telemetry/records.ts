/** `telemetry.records`: whether operations are kept in the store, which of them, and for how long. */
import { z } from 'zod';
import { parseDuration, parseSize, sizePattern } from '../units.ts';
import { duration, longDuration } from '../values.ts';

const longTime = longDuration.refine((text) => (parseDuration(text) ?? 0) >= 60_000, 'a duration must be at least 1m');

const size = z
  .string()
  .regex(sizePattern, 'write a size such as 500mb or 1gb')
  .refine((text) => (parseSize(text) ?? 0) >= 1_000_000, 'a size must be at least 1mb');

export const recordsYaml = z
  .union([
    z.boolean(),
    z.strictObject({
      keep: longTime.default('7d').describe('How long records are kept.'),
      max_size: size
        .default('1gb')
        .describe('How much of the store records may take; beyond it the oldest are deleted first.'),
      aggregates: longTime
        .default('90d')
        .describe('How long the sums of each hour are kept, by operation, client, tenant, field and model.'),
      usage: longTime
        .or(z.literal('off'))
        .default('90d')
        .describe(
          'How long it is kept which operations, fields, arguments and enum values clients used: as sums of hours, and of days later. `off`: usage is not counted.',
        ),
      rate: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(100)
        .describe(
          'How many operations a second are all kept by each thread that serves. Above it they are sampled, and each record says how many it stands for; operations with errors and slow ones are kept beside it, up to 1000 a second.',
        ),
      slow: duration.default('1s').describe('From which duration on an operation is kept whatever the rate is.'),
      documents: z
        .enum(['off', 'normalised', 'on'])
        .default('off')
        .describe(
          'Whether records have the document: `normalised` has no literals, `on` has it as it was sent, personal data in literals too. Encrypted.',
        ),
      variables: z
        .enum(['off', 'redacted', 'on'])
        .default('off')
        .describe(
          'Whether records have the variables: `redacted` has their names and kinds, `on` their values, but for those named like a credential. Encrypted.',
        ),
    }),
  ])
  .optional()
  .describe(
    'Whether operations and model calls are recorded in the `store`, for `isthmus log` and the admin graph. Default: with `isthmus serve`, and not in a gateway that an application makes with `createGateway`.',
  );

export interface RecordsConfig {
  /** Undefined: as whoever opens the gateway has it. */
  readonly enabled: boolean | undefined;
  readonly keepMs: number;
  readonly maxBytes: number;
  readonly aggregatesMs: number;
  /** Undefined: what is used is not counted. */
  readonly usageMs: number | undefined;
  /** Operations a second that each thread keeps all of. */
  readonly rate: number;
  readonly slowMs: number;
  readonly documents: 'off' | 'normalised' | 'on';
  readonly variables: 'off' | 'redacted' | 'on';
}

const form = recordsYaml.unwrap().options[1];

export function resolveRecords(yaml: z.output<typeof recordsYaml>): RecordsConfig {
  const {
    keep,
    max_size: maxSize,
    aggregates,
    usage,
    slow,
    ...rest
  } = typeof yaml === 'object' ? yaml : form.parse({});
  const milliseconds = (text: string): number => parseDuration(text) ?? 0;
  return {
    ...rest,
    enabled: yaml === undefined ? undefined : yaml !== false,
    keepMs: milliseconds(keep),
    maxBytes: parseSize(maxSize) ?? 0,
    aggregatesMs: milliseconds(aggregates),
    usageMs: usage === 'off' ? undefined : milliseconds(usage),
    slowMs: milliseconds(slow),
  };
}
