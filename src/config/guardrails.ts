/**
 * The `ai.guardrails` key: what is looked for in the texts of a model call and in its answer, and what is done about it.
 * Left out, nothing is looked at. Patterns are RE2's (linear time whatever the text), and one that does not compile
 * stops the start with its path and line.
 */
import { RE2JS } from 're2js';
import { z } from 'zod';

/** `block` refuses the call or the answer, `mask` replaces what was found, `flag` only names it in the call's record. */
export type GuardMode = 'block' | 'mask' | 'flag';

export const personalDataKinds = ['email', 'phone', 'iban', 'card', 'address', 'ip'] as const;

export type PersonalDataKind = (typeof personalDataKinds)[number];

/** An own recogniser or a blocked pattern. */
export interface OwnPatternConfig {
  readonly name: string;
  /** RE2 syntax. */
  readonly pattern: string;
  readonly mode: GuardMode;
}

/** What is looked for; a guard that is `undefined` is off. */
export interface GuardrailsConfig {
  readonly personalData: PersonalDataConfig | undefined;
  readonly secrets: { readonly mode: GuardMode } | undefined;
  readonly injection: { readonly mode: GuardMode; readonly threshold: number } | undefined;
  /** Looked for in the texts of a call and in its answer. */
  readonly blockedPatterns: readonly OwnPatternConfig[];
  /** What an answer must hold; a missing one blocks it or is named. */
  readonly requiredPatterns: readonly (Omit<OwnPatternConfig, 'mode'> & { readonly mode: 'block' | 'flag' })[];
  readonly output: {
    /** In UTF-16 code units of the model's own text. `mask` cuts. */
    readonly maxLength: { readonly limit: number; readonly mode: GuardMode } | undefined;
    /** Lower-case host names whose URLs are let through, each with its subdomains. */
    readonly urls: { readonly allow: readonly string[]; readonly mode: GuardMode } | undefined;
    readonly markup: GuardMode | undefined;
  };
  readonly moderation: ModerationConfig | undefined;
}

export interface PersonalDataConfig {
  /** The kinds looked for, each with its own mode. */
  readonly kinds: ReadonlyMap<PersonalDataKind, GuardMode>;
  readonly recognizers: readonly OwnPatternConfig[];
  /** Whose national phone numbers are found; `undefined`: international ones only. */
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
      if (RE2JS.compile(source).matcher('').find())
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
  name: name.describe('What it is called in records; personal data is masked as [NAME_1].'),
  pattern: pattern.describe('A pattern in RE2 syntax.'),
  mode: mode.optional().describe('What is done about a match. Default: the mode of the guard.'),
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
      mode: mode.default('mask').describe('What is done about personal data. Default: mask.'),
      kinds: z
        .union([z.array(kinds).min(1), z.partialRecord(kinds, mode)])
        .default(['email', 'phone', 'iban', 'card'])
        .describe('The kinds looked for, as a list or each with its own mode. Default: email, phone, iban, card.'),
      recognizers: z.array(namedPattern).max(50).default([]).describe('Recognisers of your own. Default: none.'),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'write a country as two letters, such as DE')
        .refine((code) => regions.of(code) !== undefined, 'there is no such country')
        .optional()
        .describe('Whose national phone numbers are found too. Default: international numbers only.'),
    })
    .optional()
    .describe('Personal data, masked by placeholders that the answer’s reader never sees. Default: off.'),
  secrets: z
    .strictObject({ mode: mode.default('mask').describe('What is done about secrets. Default: mask.') })
    .optional()
    .describe('API keys, tokens, private keys and passwords. Default: off.'),
  injection: z
    .strictObject({
      mode: mode
        .default('flag')
        .describe('What is done about a text whose score reaches the threshold. Default: flag.'),
      threshold: z.number().gt(0).max(1).default(0.7).describe('The score, 0 to 1, that counts. Default: 0.7.'),
    })
    .optional()
    .describe('Texts that try to give the model orders; system messages are not scored. Default: off.'),
  patterns: z
    .strictObject({
      mode: mode.default('block').describe('What is done about a blocked pattern. Default: block.'),
      blocked: z
        .array(patternOrText)
        .max(200)
        .default([])
        .describe('What no text and no answer may hold. Default: none.'),
      required: z.array(patternOrText).max(50).default([]).describe('What every answer must hold. Default: none.'),
      required_mode: strictMode.default('block').describe('What is done where one is missing. Default: block.'),
    })
    .optional()
    .describe('Patterns of your own. Default: none.'),
  output: z
    .strictObject({
      max_length: z.number().int().min(1).optional().describe('The longest answer in characters. Default: no limit.'),
      max_length_mode: mode.default('mask').describe('What is done about longer ones; mask cuts them. Default: mask.'),
      urls: z
        .strictObject({
          allow: z
            .array(host)
            .max(1_000)
            .default([])
            .describe('Hosts that may be linked, with subdomains. Default: none.'),
          mode: mode
            .default('mask')
            .describe('What is done about other URLs; javascript: and data: always. Default: mask.'),
        })
        .optional()
        .describe('URLs in answers. Default: off.'),
      markup: mode.optional().describe('HTML tags, Markdown images and links; mask keeps their text. Default: off.'),
    })
    .prefault({})
    .describe('Limits on what a model may answer.'),
  moderation: z
    .strictObject({
      model: name.or(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/)).describe('The alias of the model that judges.'),
      mode: strictMode.default('block').describe('What is done about a flagged text. Default: block.'),
      on_error: z
        .enum(['block', 'pass'])
        .default('block')
        .describe('What happens where the model does not answer. Default: block.'),
      check: z
        .array(z.enum(['input', 'output']))
        .min(1)
        .default(['input', 'output'])
        .describe('What is judged; with output, streams are held until they are whole. Default: input and output.'),
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
              const own = Array.isArray(pii.kinds) ? undefined : pii.kinds[kind];
              return own === undefined ? [] : [[kind, own] as const];
            }),
      ),
      recognizers: pii.recognizers.map((own) => ({ ...own, mode: own.mode ?? pii.mode })),
      country: pii.country,
    },
    secrets,
    injection,
    blockedPatterns: (patterns?.blocked ?? []).map((own, index) =>
      typeof own === 'string'
        ? { name: `blocked_${index + 1}`, pattern: own, mode: patterns?.mode ?? 'block' }
        : { ...own, mode: own.mode ?? patterns?.mode ?? 'block' },
    ),
    requiredPatterns: (patterns?.required ?? []).map((own, index) => {
      const named = typeof own === 'string' ? { name: `required_${index + 1}`, pattern: own } : own;
      return { name: named.name, pattern: named.pattern, mode: patterns?.required_mode ?? 'block' };
    }),
    output: {
      maxLength:
        output.max_length === undefined ? undefined : { limit: output.max_length, mode: output.max_length_mode },
      urls: output.urls && { allow: output.urls.allow.map((own) => own.toLowerCase()), mode: output.urls.mode },
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
