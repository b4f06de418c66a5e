/** `alerts`: what of the recorded operations is told when it is not as it should be. */
import { z } from 'zod';
import { parseDuration } from '../units.ts';
import { durationOr } from '../values.ts';
import { resolveWebhook, type WebhookConfig, webhookYaml } from '../webhook.ts';

const measures = ['error_rate', 'p50', 'p95', 'p99', 'count', 'tokens', 'usd', 'usd_per_call'] as const;
/** What is measured of the operations, AI fields or model calls of a window. */
export type AlertMeasure = (typeof measures)[number];

const dimensions = ['operation', 'client', 'tenant', 'field', 'model'] as const;
/** By what alerts are told apart. */
export type AlertDimension = (typeof dimensions)[number];

export interface AlertRule {
  readonly name: string;
  readonly measure: AlertMeasure;
  /** An error rate from 0 to 1, milliseconds, a number, or US dollars; undefined where it is compared with what is usual. */
  readonly above: number | undefined;
  /** How many times what is usual at this hour of the week. */
  readonly aboveUsual: number | undefined;
  /** How many weeks that is taken from. */
  readonly weeks: number;
  readonly by: AlertDimension | undefined;
  readonly where: Readonly<Partial<Record<AlertDimension, string>>>;
  readonly overMs: number;
  readonly forMs: number;
  /** An alert ends below this part of its threshold. */
  readonly endsBelow: number;
  readonly minCount: number;
}

export interface AlertsConfig {
  readonly webhook: WebhookConfig | undefined;
  readonly rules: readonly AlertRule[];
}

const percentPattern = /^(\d+(?:\.\d+)?)%$/;

/** @returns undefined where the measure has no such values */
function thresholdOf(measure: AlertMeasure, above: string | number): number | undefined {
  switch (measure) {
    case 'error_rate': {
      const percent = Number(percentPattern.exec(String(above))?.[1] ?? Number.NaN);
      return percent >= 0 && percent <= 100 ? percent / 100 : undefined;
    }
    case 'p50':
    case 'p95':
    case 'p99':
      return parseDuration(String(above));
    default:
      return Number.isFinite(Number(above)) && Number(above) >= 0 && above !== '' ? Number(above) : undefined;
  }
}

const examples: Readonly<Record<'error_rate' | 'time' | 'other', string>> = {
  error_rate: 'write a share such as 5%',
  time: 'write a duration such as 800ms',
  other: 'write a number of 0 or more, such as 10.50',
};

function exampleOf(measure: AlertMeasure): string {
  return examples[measure === 'error_rate' ? measure : measure.startsWith('p') ? 'time' : 'other'];
}

const rule = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, 'write a name such as too-many-errors')
      .describe('What the alert is called in the log, the metric and the webhook.'),
    measure: z
      .enum(measures)
      .describe(
        'What is measured in the window: the share of operations with errors, a percentile of their time, their number, tokens, dollars, or dollars per operation; of AI fields or model calls where `by` or `where` names a field or a model.',
      ),
    above: z
      .union([z.string(), z.number()])
      .optional()
      .describe('The alert fires above it: `5%`, a duration, a number, or US dollars, as the measure is.'),
    above_usual: z
      .number()
      .gt(1)
      .max(1_000)
      .optional()
      .describe('The alert fires above so many times what is usual: the median of the same hour in past weeks.'),
    weeks: z.number().int().min(1).max(12).default(4).describe('From how many past weeks `above_usual` is taken.'),
    by: z.enum(dimensions).optional().describe('By what the alert is told apart: each fires by itself.'),
    where: z
      .partialRecord(z.enum(dimensions), z.string().min(1))
      .default({})
      .describe('Only what has these names, such as `{ operation: ProductPage }`.'),
    over: durationOr('5m', 'The window that is measured, up to 6h.').refine(
      (text) => (parseDuration(text) ?? 0) >= 30_000 && (parseDuration(text) ?? 0) <= 6 * 3_600_000,
      'a window is from 30s to 6h',
    ),
    for: z
      .string()
      .default('0s')
      .refine((text) => (parseDuration(text) ?? -1) >= 0 && (parseDuration(text) ?? 0) <= 86_400_000, 'from 0s to 1d')
      .describe('How long it must be so before the alert fires, and how long it must be over before it ends.'),
    ends_below: z
      .number()
      .gt(0)
      .max(1)
      .default(0.8)
      .describe('An alert ends when the measure is below this part of the threshold, so that it does not flutter.'),
    min_count: z
      .number()
      .int()
      .min(1)
      .default(20)
      .describe('A window of fewer operations says nothing: no alert begins in it.'),
  })
  .superRefine(({ measure, above, above_usual: aboveUsual }, context) => {
    if ((above === undefined) === (aboveUsual === undefined))
      context.addIssue({ code: 'custom', message: 'write one of above and above_usual' });
    else if (above !== undefined && thresholdOf(measure, above) === undefined)
      context.addIssue({ code: 'custom', path: ['above'], message: exampleOf(measure) });
  });

export const alertsYaml = z
  .strictObject({
    webhook: webhookYaml('alerts').describe(
      'A webhook that alerts are sent to, signed as Standard Webhooks says. Default: they are in the log and the metric alone.',
    ),
    rules: z
      .array(rule)
      .max(100)
      .default([])
      .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, 'each rule has its own name')
      .describe('The rules. They read the sums that `telemetry.records` keeps.'),
  })
  .prefault({});

export function resolveAlerts({ webhook, rules }: z.output<typeof alertsYaml>): AlertsConfig {
  return {
    webhook: resolveWebhook(webhook),
    rules: rules.map(({ above, above_usual, over, for: holds, ends_below, min_count, ...fields }) => ({
      ...fields,
      above: above === undefined ? undefined : thresholdOf(fields.measure, above),
      aboveUsual: above_usual,
      by: fields.by,
      overMs: parseDuration(over) ?? 0,
      forMs: parseDuration(holds) ?? 0,
      endsBelow: ends_below,
      minCount: min_count,
    })),
  };
}
