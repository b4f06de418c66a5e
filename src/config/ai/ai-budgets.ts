/** `ai.budgets`: how much of models may be used, by whom, in which period. */
import { z } from 'zod';
import { parseUsd } from '../../lib/index.ts';
import { distinctNames, entryName } from '../entry-names.ts';
import { parseDuration } from '../units.ts';
import { name, positive } from './ai-names.ts';

/** Who or what has a budget; `organization` is everyone together. */
const budgetSubjects = [
  'organization',
  'tenant',
  'team',
  'key',
  'user',
  'client',
  'operation',
  'prompt',
  'model',
] as const;
export type BudgetSubject = (typeof budgetSubjects)[number];

/** The periods of a calendar. */
const calendarPeriods = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
type CalendarPeriod = (typeof calendarPeriods)[number];

export type BudgetPeriod =
  /** The last so many milliseconds, at every moment. */
  | { readonly kind: 'rolling'; readonly ms: number }
  /** Begins anew with each period of the calendar; weeks begin on Monday. */
  | { readonly kind: 'calendar'; readonly every: CalendarPeriod; readonly timeZone: string };

/** What becomes of a call that a budget has no room for. */
const fullPolicies = ['reject', 'cheaper_model', 'cached_only'] as const;
type WhenFull = (typeof fullPolicies)[number];

/** What is counted: nano-dollars, tokens of input and output, or requests to providers. */
export type BudgetUnit = 'usd' | 'tokens' | 'calls';

export interface BudgetConfig {
  readonly name: string;
  readonly per: BudgetSubject;
  /** What a call must have to count; empty: all count. */
  readonly match: Readonly<Partial<Record<BudgetSubject, string>>>;
  /** Calls for clients, or the copies that shadow traffic sends. */
  readonly traffic: 'live' | 'shadow';
  readonly unit: BudgetUnit;
  /** In nano-dollars, tokens or calls. */
  readonly limit: number;
  readonly period: BudgetPeriod;
  /** Percentages of the limit that are reported when they are reached, ascending. */
  readonly alerts: readonly number[];
  readonly whenFull: WhenFull;
  /** The alias that answers instead where the budget does not allow the call; undefined: none does. */
  readonly cheaperModel: string | undefined;
}

const longestMs = 366 * 86_400_000;
const rolling = z
  .string()
  .refine(
    (text) => (parseDuration(text) ?? 0) >= 60_000,
    'write a duration from 1m to 366d, or minute, hour, day, week, month, quarter or year',
  )
  .refine((text) => (parseDuration(text) ?? 0) <= longestMs, 'a period is at most 366d');

const subjectValues = Object.fromEntries(budgetSubjects.map((subject) => [subject, z.string().min(1).optional()]));

export const budgetsYaml = z
  .array(
    z
      .strictObject({
        name: entryName.describe('What errors, logs and metrics call it. Default: made of its other keys.'),
        per: z
          .enum(budgetSubjects)
          .default('organization')
          .describe(
            'Who or what has a budget each: `organization` (everyone together), `tenant`, `team` (the claim `team` of a token), `key` (an API key), `user`, `client` (its name), `operation`, `prompt` or `model` (an alias).',
          ),
        match: z
          .strictObject(subjectValues as Record<BudgetSubject, z.ZodOptional<z.ZodString>>)
          .default({})
          .describe('Only calls with these values count, such as `{ tenant: acme }`.'),
        for: z
          .enum(['live', 'shadow'])
          .default('live')
          .describe('Which traffic counts: calls for clients, or copies sent by shadow traffic.'),
        limit_usd: z
          .string()
          .refine(
            (text) => (parseUsd(text) ?? 0n) > 0n,
            'write US dollars as a decimal string above 0, such as "25.00"',
          )
          .refine((text) => (parseUsd(text) ?? 0n) <= 9_000_000_000_000_000n, 'a budget is at most 9000000 US dollars')
          .optional()
          .describe('The limit in US dollars.'),
        limit_tokens: positive.optional().describe('The limit in tokens, input and output together.'),
        limit_calls: positive.optional().describe('The limit in requests to providers.'),
        every: z
          .union([z.enum(calendarPeriods), rolling])
          .describe(
            'The period: a duration such as `1d`, which is rolling (the last 24 hours at every moment), or `minute`, `hour`, `day`, `week`, `month`, `quarter` or `year` of the calendar.',
          ),
        timezone: z
          .string()
          .refine(isTimeZone, 'write a time zone of the IANA database, such as Europe/Berlin')
          .optional()
          .describe('The time zone of the calendar. Default: UTC.'),
        alerts: z
          .array(z.number().min(1).max(100))
          .default([50, 80, 100])
          .describe(
            'The percentages of the limit that are reported in the log, and to `ai.budget_alerts`, when they are reached.',
          ),
        on_exceeded: z
          .enum(fullPolicies)
          .optional()
          .describe(
            'What becomes of a call that the budget has no room for: `reject` refuses it, `cheaper_model` lets that alias answer, `cached_only` lets the targets of its alias answer that are free. Cached answers are served in any case. Default: `cheaper_model` where one is named, else `reject`.',
          ),
        cheaper_model: name
          .optional()
          .describe('The model alias that answers where this budget does not allow the call. Default: none does.'),
      })
      .superRefine((value, context) => {
        const limits = [value.limit_usd, value.limit_tokens, value.limit_calls].filter((limit) => limit !== undefined);
        if (limits.length !== 1)
          context.addIssue({ code: 'custom', message: 'name exactly one of limit_usd, limit_tokens and limit_calls' });
        const isCheaper = value.cheaper_model !== undefined;
        if (value.on_exceeded !== undefined && isCheaper !== (value.on_exceeded === 'cheaper_model'))
          context.addIssue({
            code: 'custom',
            message: isCheaper
              ? `cheaper_model belongs to on_exceeded: cheaper_model, not to ${value.on_exceeded}`
              : 'on_exceeded: cheaper_model needs the alias: cheaper_model: fast',
            path: ['on_exceeded'],
          });
        if (value.timezone !== undefined && !isCalendar(value.every))
          context.addIssue({
            code: 'custom',
            message: 'timezone belongs to periods of the calendar, such as every: day',
            path: ['timezone'],
          });
      }),
  )
  .max(16, 'at most 16 budgets')
  .default([])
  .superRefine(distinctNames('budgets', nameOf));

type BudgetYaml = z.output<typeof budgetsYaml>[number];

export function resolveBudgets(yaml: z.output<typeof budgetsYaml>): readonly BudgetConfig[] {
  return yaml.map((budget) => {
    const { limit_usd: usd, limit_tokens: tokens, limit_calls: calls } = budget;
    return {
      name: nameOf(budget),
      per: budget.per,
      match: Object.fromEntries(Object.entries(budget.match).filter(([, value]) => value !== undefined)),
      traffic: budget.for,
      unit: unitOf(budget),
      limit: usd !== undefined ? Number(parseUsd(usd) ?? 0n) : (tokens ?? calls ?? 0),
      period: isCalendar(budget.every)
        ? { kind: 'calendar', every: budget.every, timeZone: budget.timezone ?? 'UTC' }
        : { kind: 'rolling', ms: parseDuration(budget.every) ?? 0 },
      alerts: budget.alerts.toSorted((a, b) => a - b),
      whenFull: budget.on_exceeded ?? (budget.cheaper_model === undefined ? 'reject' : 'cheaper_model'),
      cheaperModel: budget.cheaper_model,
    };
  });
}

function unitOf({ limit_usd: usd, limit_tokens: tokens }: BudgetYaml): BudgetUnit {
  if (usd !== undefined) return 'usd';
  return tokens === undefined ? 'calls' : 'tokens';
}

function nameOf(budget: BudgetYaml): string {
  const { name, per, match, every, for: traffic } = budget;
  if (name !== undefined) return name;
  const matches = Object.entries(match).map(([subject, value]) => `${subject} ${value}`);
  return [`${per} ${unitOf(budget)} ${every}`, ...matches, ...(traffic === 'shadow' ? ['shadow'] : [])].join(', ');
}

function isCalendar(every: string): every is CalendarPeriod {
  return (calendarPeriods as readonly string[]).includes(every);
}

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
