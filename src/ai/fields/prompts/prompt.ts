/**
 * Prompts in the dotprompt format (`.prompt` files: front matter and Handlebars). Of `dotprompt`, whose only door this
 * is, they take the reading of its schemas; templates are filled by prompt-template.ts, where a value can never become
 * an instruction, a role or a template.
 */
import { picoschema } from 'dotprompt';
import { messageOf } from '../../../errors/index.ts';
import { stableHash } from '../../../lib/index.ts';
import type { JsonSchema, Message } from '../../model-call/index.ts';
import { whyNoSchema } from '../../models/index.ts';
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
  /** Of its source and everything it includes: part of cache keys. */
  readonly hash: string;
  /** An alias of ai.models. */
  readonly model: string | undefined;
  /** Where the front matter names it. */
  readonly modelLine: number | undefined;
  readonly settings: PromptSettings;
  /** How many items may share one call. */
  readonly batch: { readonly max: number } | undefined;
  /** Every top-level variable that the template and its partials read, with the line it is first read at. */
  readonly variables: ReadonlyMap<string, number>;
  /** What they read below their variables, as far as the texts alone say. */
  readonly paths: readonly ReadPath[];
  /** Variables that have a value where nobody supplies one: `input.default`. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly inputSchema: JsonSchema | undefined;
  readonly outputSchema: JsonSchema | undefined;
  /** Whether any JSON object is asked for: `output.format: json` without a schema. */
  readonly outputFormat: 'text' | 'json';
  readonly tests: readonly PromptTest[];
  /** Fills the template. The values are data whatever they contain, and are never changed but for space around a message. */
  render(values: Readonly<Record<string, unknown>>): readonly Message[];
}

const noPartials: ReadonlyMap<string, string> = new Map();

/**
 * Reads one prompt file.
 * @param partials the sources of the folder's partials, by name
 * @throws PromptError for front matter or a template that cannot be read
 */
export async function parsePrompt(
  name: string,
  source: string,
  partials: ReadonlyMap<string, string> = noPartials,
): Promise<Prompt> {
  const head = readFrontMatter(source);
  const { model, config, input, output, batch, tests } = head.data;
  const template = compileTemplate({ text: head.template, linesBefore: head.linesBefore }, partials);
  const included = [...template.partials].sort().map((partial) => [partial, partials.get(partial)]);
  const outputSchema = await readSchema(output.schema, head, 'output');
  const { default: defaults } = input;
  const render = (values: Readonly<Record<string, unknown>>): readonly Message[] =>
    template.render(defaults === undefined ? values : withDefaults(values, defaults));
  // Handlebars compiles when it is first used; what it refuses is refused now.
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
    settings: config as PromptSettings,
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
    // Without what picoschema leaves `undefined`, which no JSON schema has.
    read = JSON.parse(JSON.stringify(await picoschema(schema)));
  } catch (error) {
    throw refuse(messageOf(error).replace(/^Picoschema: /, ''));
  }
  if (read === null || typeof read !== 'object') throw refuse('it is no schema');
  const why = whyNoSchema(read as JsonSchema);
  if (why !== undefined) throw refuse(why);
  return read as JsonSchema;
}
