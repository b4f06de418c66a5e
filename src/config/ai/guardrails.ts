/**
 * The `ai.guardrails` key: checks on the texts of a model call and on its answer, each with its mode. Without the key nothing is
 * checked. Patterns are RE2 (linear time for any text); a pattern that does not compile refuses the start with its path
 * and line.
 */
import { z } from 'zod';
import { re2 } from '../../lib/index.ts';

/** `block` refuses the call or the answer, `mask` replaces the match, `flag` only adds a finding to the call's record. */
export type GuardMode = 'block' | 'mask' | 'flag';

export const personalDataKinds = ['email', 'phone', 'iban', 'card', 'address', 'ip'] as const;

export type PersonalDataKind = (typeof personalDataKinds)[number];

/** A custom recogniser or a blocked pattern. */
export interface CustomPatternConfig {
  readonly name: string;
  /** RE2 syntax. */
  readonly pattern: string;
  readonly mode: GuardMode;
}

/** The configured guards; a guard that is `undefined` is disabled. */
export interface GuardrailsConfig {
  readonly personalData: PersonalDataConfig | undefined;
  readonly secrets: { readonly mode: GuardMode } | undefined;
  readonly injection: { readonly mode: GuardMode; readonly threshold: number } | undefined;
  /** Applied to the texts of a call and to its answer. */
  readonly blockedPatterns: readonly CustomPatternConfig[];
  /** Patterns that an answer must match; a missing match blocks or flags it. */
  readonly requiredPatterns: readonly (Omit<CustomPatternConfig, 'mode'> & { readonly mode: 'block' | 'flag' })[];
  readonly output: {
    /** In UTF-16 code units of the model's text. `mask` truncates. */
    readonly maxLength: { readonly limit: number; readonly mode: GuardMode } | undefined;
    /** Lower-case host names whose URLs are allowed, each with its subdomains. */
    readonly urls: { readonly allow: readonly string[]; readonly mode: GuardMode } | undefined;
    readonly markup: GuardMode | undefined;
  };
  readonly moderation: ModerationConfig | undefined;
}

export interface PersonalDataConfig {
  /** The kinds that are detected, each with its mode. */
  readonly kinds: ReadonlyMap<PersonalDataKind, GuardMode>;
  readonly recognizers: readonly CustomPatternConfig[];
  /** The country whose national phone numbers are detected; `undefined`: international numbers only. */
  readonly country: string | undefined;
}

export interface ModerationConfig {
  /** An alias of `ai.models`. */
  readonly model: string;
  readonly mode: 'block' | 'flag';
  readonly onError: 'block' | 'pass';
  readonly input: boolean;
  readonly output: boolean;
}

const mode = z.enum(['block', 'mask', 'flag']);
const strictMode = z.enum(['block', 'flag']);

const name = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'a name is lower-case: letters, digits and _');

const pattern = z
  .string()
  .min(1)
  .max(1_000)
  .superRefine((source, context) => {
    try {
      if (re2().RE2JS.compile(source).matcher('').find())
        context.addIssue({
          code: 'custom',
          message: 'this pattern matches nothing at all, so it would match everywhere',
        });
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'write a pattern in RE2 syntax (no look-around, no back-references)',
      });
    }
  });

const namedPattern = z.strictObject({
  name: name.describe('Its name in records; personal data is masked as [NAME_1].'),
  pattern: pattern.describe('A pattern in RE2 syntax.'),
  mode: mode.optional().describe('The mode for a match. Default: the mode of the guard.'),
});

const patternOrText = z.union([pattern, namedPattern]);

const host = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/, 'write a host name such as example.com');

const kinds = z.enum(personalDataKinds);

/** Countries as Intl knows them: reading the phone library's own list here would load it at every start. */
const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

export const guardrailsYaml = z.strictObject({
  pii: z
    .strictObject({
      mode: mode.default('mask').describe('The mode for personal data. Default: mask.'),
      kinds: z
        .union([z.array(kinds).min(1), z.partialRecord(kinds, mode)])
        .default(['email', 'phone', 'iban', 'card'])
        .describe('The kinds that are detected, as a list or each with its mode. Default: email, phone, iban, card.'),
      recognizers: z.array(namedPattern).max(50).default([]).describe('Custom recognisers. Default: none.'),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'write a country as two letters, such as DE')
        .refine((code) => regions.of(code) !== undefined, 'there is no such country')
        .optional()
        .describe('The country whose national phone numbers are detected too. Default: international numbers only.'),
    })
    .optional()
    .describe(
      'Personal data. Masked values are replaced by placeholders for the model and restored in the answer. Default: off.',
    ),
  secrets: z
    .strictObject({ mode: mode.default('mask').describe('The mode for secrets. Default: mask.') })
    .optional()
    .describe('API keys, tokens, private keys and passwords. Default: off.'),
  injection: z
    .strictObject({
      mode: mode.default('flag').describe('The mode for a text whose score reaches the threshold. Default: flag.'),
      threshold: z
        .number()
        .gt(0)
        .max(1)
        .default(0.7)
        .describe('The score, above 0 to 1, from which the mode applies. Default: 0.7.'),
    })
    .optional()
    .describe('Prompt injection; system messages are not scored. Default: off.'),
  patterns: z
    .strictObject({
      mode: mode.default('block').describe('The mode for a blocked pattern. Default: block.'),
      blocked: z
        .array(patternOrText)
        .max(200)
        .default([])
        .describe('Patterns that no text and no answer may match. Default: none.'),
      required: z
        .array(patternOrText)
        .max(50)
        .default([])
        .describe('Patterns that every answer must match. Default: none.'),
      required_mode: strictMode
        .default('block')
        .describe('The mode where a required pattern does not match. Default: block.'),
    })
    .optional()
    .describe('Custom patterns. Default: none.'),
  output: z
    .strictObject({
      max_length: z.number().int().min(1).optional().describe('The longest answer in characters. Default: no limit.'),
      max_length_mode: mode
        .default('mask')
        .describe('The mode for longer answers; mask truncates them. Default: mask.'),
      urls: z
        .strictObject({
          allow: z
            .array(host)
            .max(1_000)
            .default([])
            .describe('Hosts that may be linked, with subdomains. Default: none.'),
          mode: mode
            .default('mask')
            .describe('The mode for other URLs; it always applies to javascript: and data: URLs. Default: mask.'),
        })
        .optional()
        .describe('URLs in answers. Default: off.'),
      markup: mode
        .optional()
        .describe('The mode for HTML tags, Markdown images and links; mask keeps their text. Default: off.'),
    })
    .prefault({})
    .describe('Limits on what a model may answer.'),
  moderation: z
    .strictObject({
      model: name.or(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/)).describe('The alias of the model that judges.'),
      mode: strictMode.default('block').describe('The mode for a flagged text. Default: block.'),
      on_error: z
        .enum(['block', 'pass'])
        .default('block')
        .describe('What happens if the moderation model fails. Default: block.'),
      check: z
        .array(z.enum(['input', 'output']))
        .min(1)
        .default(['input', 'output'])
        .describe(
          'What is judged; with output, streams are buffered until they are complete. Default: input and output.',
        ),
    })
    .optional()
    .describe('A model that judges texts. Default: off.'),
});

/** The guardrails with every default filled in; a kind, a recogniser or a pattern without a mode has its guard's. */
export function resolveGuardrails(yaml: z.output<typeof guardrailsYaml> | undefined): GuardrailsConfig | undefined {
  if (yaml === undefined) return undefined;
  const { pii, secrets, injection, patterns, output, moderation } = yaml;
  return {
    personalData: pii && {
      kinds: new Map(
        Array.isArray(pii.kinds)
          ? pii.kinds.map((kind) => [kind, pii.mode] as const)
          : personalDataKinds.flatMap((kind) => {
              const kindMode = Array.isArray(pii.kinds) ? undefined : pii.kinds[kind];
              return kindMode === undefined ? [] : [[kind, kindMode] as const];
            }),
      ),
      recognizers: pii.recognizers.map((recognizer) => ({ ...recognizer, mode: recognizer.mode ?? pii.mode })),
      country: pii.country,
    },
    secrets,
    injection,
    blockedPatterns: (patterns?.blocked ?? []).map((blocked, index) =>
      typeof blocked === 'string'
        ? { name: `blocked_${index + 1}`, pattern: blocked, mode: patterns?.mode ?? 'block' }
        : { ...blocked, mode: blocked.mode ?? patterns?.mode ?? 'block' },
    ),
    requiredPatterns: (patterns?.required ?? []).map((required, index) => {
      const entry = typeof required === 'string' ? { name: `required_${index + 1}`, pattern: required } : required;
      return { name: entry.name, pattern: entry.pattern, mode: patterns?.required_mode ?? 'block' };
    }),
    output: {
      maxLength:
        output.max_length === undefined ? undefined : { limit: output.max_length, mode: output.max_length_mode },
      urls: output.urls && { allow: output.urls.allow.map((host) => host.toLowerCase()), mode: output.urls.mode },
      markup: output.markup,
    },
    moderation: moderation && {
      model: moderation.model,
      mode: moderation.mode,
      onError: moderation.on_error,
      input: moderation.check.includes('input'),
      output: moderation.check.includes('output'),
    },
  };
}
