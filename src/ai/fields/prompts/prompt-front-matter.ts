/**
 * The front matter of a prompt: YAML between two lines of `---`. Unknown keys are rejected with their line, never ignored.
 * dotprompt itself would treat a file with malformed front matter as a template.
 */
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { longInputs } from '../../../config/index.ts';
import type { ModelRequest } from '../../model-call/index.ts';
import { PromptError } from './prompt-error.ts';
import { promptTest } from './prompt-test.ts';

/** The settings of the model request, with the names of ModelRequest. */
export type PromptSettings = Pick<
  ModelRequest,
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'maxOutputTokens'
  | 'seed'
  | 'stop'
  | 'frequencyPenalty'
  | 'presencePenalty'
  | 'reasoning'
>;

const positive = z.number().int().min(1);
const penalty = z.number().min(-2).max(2);

const stopTexts = z.array(z.string().min(1)).min(1).max(16);

const settings = z
  .strictObject({
    temperature: z.number().min(0).max(2).optional(),
    topP: z.number().min(0).max(1).optional(),
    topK: positive.optional(),
    maxOutputTokens: positive.optional(),
    maxInputTokens: positive.optional(),
    seed: z.number().int().optional(),
    stop: stopTexts.optional(),
    stopSequences: stopTexts.optional(),
    frequencyPenalty: penalty.optional(),
    presencePenalty: penalty.optional(),
    reasoning: z
      .strictObject({
        effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).optional(),
        budgetTokens: positive.optional(),
      })
      .optional(),
  })
  // dotprompt calls `stop` `stopSequences`.
  .transform(({ stopSequences, ...otherSettings }) =>
    stopSequences === undefined ? otherSettings : { stop: stopSequences, ...otherSettings },
  );

/** Picoschema or JSON schema; dotprompt parses it. */
const schema = z.union([z.string(), z.record(z.string(), z.unknown())]);

const frontMatter = z.strictObject({
  name: z.string().optional(),
  description: z.string().optional(),
  model: z.string().min(1).optional(),
  config: settings.prefault({}),
  input: z
    .strictObject({
      schema: schema.optional(),
      default: z.record(z.string(), z.unknown()).optional(),
      tooLong: z.enum(longInputs).optional(),
    })
    .default({}),
  output: z.strictObject({ format: z.enum(['text', 'json']).optional(), schema: schema.optional() }).default({}),
  batch: z.strictObject({ max: positive.max(100) }).optional(),
  tests: z.array(promptTest).max(1_000).default([]),
});

export interface FrontMatter {
  readonly data: z.output<typeof frontMatter>;
  readonly template: string;
  /** The number of lines before the template in the file. */
  readonly linesBefore: number;
  /** The line of a key, such as `['input', 'schema']`. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

/** @throws PromptError with the line of the error */
export function readFrontMatter(source: string): FrontMatter {
  const match = /^\s*---[ \t]*\r?\n([\s\S]*?)(?:^|\r?\n)---[ \t]*(?:\r?\n|$)/.exec(source);
  if (match === null) {
    if (/^\s*---/.test(source)) throw new PromptError('the front matter has no closing ---', 1);
    return { data: frontMatter.parse({}), template: source, linesBefore: 0, lineOf: () => undefined };
  }
  const [head, yaml = ''] = match;
  const before = countLines(head.slice(0, head.indexOf('---'))) + 1;
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line + before;
  const [error] = document.errors;
  if (error !== undefined) {
    throw new PromptError(`the front matter is not YAML: ${error.message}`, lineAt(error.pos[0]));
  }
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
      const key = path[length - 1];
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
        : undefined;
      const node: unknown = pair?.key ?? document.getIn(path.slice(0, length), true);
      const offset = (node as { readonly range?: readonly number[] } | undefined)?.range?.[0];
      if (offset !== undefined) return lineAt(offset);
    }
    return undefined;
  };
  let content: unknown;
  try {
    content = document.toJS() ?? {};
  } catch (cause) {
    throw new PromptError(`the front matter cannot be read: ${String(cause)}`, before + 1);
  }
  const parsed = frontMatter.safeParse(withoutExtensions(content));
  if (!parsed.success) throw invalid(parsed.error.issues, lineOf);
  return { data: parsed.data, template: source.slice(head.length), linesBefore: countLines(head), lineOf };
}

/** Removes keys with a dot, such as `acme.owner`: the format reserves them for extensions by other tools. */
function withoutExtensions(content: unknown): unknown {
  if (content === null || typeof content !== 'object' || Array.isArray(content)) return content;
  return Object.fromEntries(Object.entries(content).filter(([key]) => !key.includes('.')));
}

function invalid(issues: readonly z.core.$ZodIssue[], lineOf: FrontMatter['lineOf']): PromptError {
  const [issue] = issues;
  if (issue?.code === 'unrecognized_keys') {
    const path = [...issue.path, issue.keys[0] ?? ''];
    return new PromptError(`the front matter’s ${path.join('.')} is not a key that is read`, lineOf(path));
  }
  const path = issue?.path ?? [];
  const place = path.length === 0 ? 'the front matter' : `the front matter’s ${path.join('.')}`;
  return new PromptError(`${place}: ${issue?.message}`, lineOf(path));
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
