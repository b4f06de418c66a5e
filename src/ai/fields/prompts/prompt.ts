/**
 * Prompts in the dotprompt format (`.prompt` files: front matter and Handlebars). The `dotprompt` package, which only this
 * file imports, parses the schemas; prompt-template.ts renders the templates, so that a value can never become an
 * instruction, a role or a template.
 */
import type { LongInput } from '../../../config/index.ts';
import { messageOf } from '../../../errors/index.ts';
import { stableHash } from '../../../lib/index.ts';
import type { JsonSchema, Message } from '../../model-call/index.ts';
import { schemaError } from '../../models/index.ts';
import { PromptError } from './prompt-error.ts';
import { type FrontMatter, type PromptSettings, readFrontMatter } from './prompt-front-matter.ts';
import { compileTemplate } from './prompt-template.ts';
import type { PromptTest } from './prompt-test.ts';
import type { ReadPath } from './read-template.ts';

export { PromptError } from './prompt-error.ts';
export type { PromptSettings } from './prompt-front-matter.ts';
export type { PromptTest } from './prompt-test.ts';

export interface Prompt {
  /** The file's name without `.prompt`, such as `review-summary` (the working version) or `review-summary@3`. */
  readonly name: string;
  /** Hash of its source and of all included partials; part of cache keys. */
  readonly hash: string;
  /** An alias of ai.models. */
  readonly model: string | undefined;
  /** The line of `model` in the front matter. */
  readonly modelLine: number | undefined;
  readonly settings: PromptSettings;
  /** The most tokens that a call may read; undefined: the field's bound, or the configured one. */
  readonly maxInputTokens: number | undefined;
  /** What becomes of a longer input; undefined: as the field or the configuration says. */
  readonly longInput: LongInput | undefined;
  /** How many items may share one call. */
  readonly batch: { readonly max: number } | undefined;
  /** Every top-level variable of the template and its partials, with the line of its first use. */
  readonly variables: ReadonlyMap<string, number>;
  /** The paths read below the variables, as far as they can be determined statically. */
  readonly paths: readonly ReadPath[];
  /** The default values of variables: `input.default`. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly inputSchema: JsonSchema | undefined;
  readonly outputSchema: JsonSchema | undefined;
  /** `json` without `outputSchema` (`output.format: json`) requests a JSON object of any form. */
  readonly outputFormat: 'text' | 'json';
  readonly tests: readonly PromptTest[];
  /** Renders the template. Values are always data and never changed, except that each message is trimmed. */
  render(values: Readonly<Record<string, unknown>>): readonly Message[];
}

const noPartials: ReadonlyMap<string, string> = new Map();

/**
 * Parses one prompt file.
 * @param partials the sources of the folder's partials, by name
 * @throws PromptError for invalid front matter or an invalid template
 */
export async function parsePrompt(
  name: string,
  source: string,
  partials: ReadonlyMap<string, string> = noPartials,
): Promise<Prompt> {
  const head = readFrontMatter(source);
  const { model, config, input, output, batch, tests } = head.data;
  const { maxInputTokens, ...settings } = config;
  const template = compileTemplate({ text: head.template, linesBefore: head.linesBefore }, partials);
  const included = [...template.partials].sort().map((partial) => [partial, partials.get(partial)]);
  const outputSchema = await readSchema(output.schema, head, 'output');
  const { default: defaults } = input;
  const render = (values: Readonly<Record<string, unknown>>): readonly Message[] =>
    template.render(defaults === undefined ? values : withDefaults(values, defaults));
  // Handlebars compiles on first use: render once, so that its errors are thrown here.
  if (render({}).length === 0 && template.variables.size === 0) {
    throw new PromptError('the prompt says nothing', head.linesBefore + 1, {
      suggestedFix: `write the prompt’s text, with what it reads as {{name}}`,
    });
  }
  return {
    name,
    hash: stableHash([source, included]),
    model,
    modelLine: model === undefined ? undefined : head.lineOf(['model']),
    settings: settings as PromptSettings,
    maxInputTokens,
    longInput: input.tooLong,
    batch,
    variables: template.variables,
    paths: template.paths,
    defaults: defaults ?? {},
    inputSchema: await readSchema(input.schema, head, 'input'),
    outputSchema,
    outputFormat: output.format ?? (outputSchema === undefined ? 'text' : 'json'),
    tests,
    render,
  };
}

function withDefaults(
  values: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const filled = { ...values };
  for (const name of Object.keys(defaults)) filled[name] ??= defaults[name];
  return filled;
}

async function readSchema(
  schema: string | Readonly<Record<string, unknown>> | undefined,
  head: FrontMatter,
  key: 'input' | 'output',
): Promise<JsonSchema | undefined> {
  if (schema === undefined) return undefined;
  const refuse = (why: string): PromptError =>
    new PromptError(`the front matter’s ${key}.schema: ${why}`, head.lineOf([key, 'schema']));
  let read: unknown;
  try {
    // Removes the `undefined` properties that picoschema leaves, which are invalid in a JSON schema.
    read = JSON.parse(JSON.stringify(await (await import('dotprompt')).picoschema(schema)));
  } catch (error) {
    throw refuse(messageOf(error).replace(/^Picoschema: /, ''));
  }
  if (read === null || typeof read !== 'object') throw refuse('it is no schema');
  const why = schemaError(read as JsonSchema);
  if (why !== undefined) throw refuse(why);
  return read as JsonSchema;
}
