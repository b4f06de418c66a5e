/**
 * Prompts in the dotprompt format, through `dotprompt`: the only file that imports it.
 *
 * Values are data, by construction. dotprompt marks roles and media in the text it renders (`<<<dotprompt:…>>>`) and
 * splits there afterwards, so the same characters inside a value would become a system message or a media part. Here
 * the characters `<` and `>` of every value are stood in for by two that no value of this rendering contains, and put
 * back after the split: no value can spell a marker, and no value is changed.
 */
import { Dotprompt, type RenderedPrompt } from 'dotprompt';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../errors/index.ts';
import type { Message } from '../models/index.ts';

const frontMatter = z.looseObject({
  model: z.string().min(1).optional(),
  config: z
    .looseObject({
      temperature: z.number().min(0).max(2).optional(),
      maxOutputTokens: z.number().int().positive().optional(),
    })
    .default({}),
});

export interface Prompt {
  /** The file's name without `.prompt`, such as `review-summary` or `review-summary@3`. */
  readonly name: string;
  /** An alias of ai.models. */
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly maxOutputTokens: number | undefined;
  /** Fills the template's variables; the values are data and never read as template or as markers. */
  render(values: Readonly<Record<string, unknown>>): Promise<readonly Message[]>;
}

/** Something wrong in a prompt file. */
export class PromptError extends Error {
  override readonly name = 'PromptError';
  readonly line: number | undefined;

  constructor(message: string, line: number | undefined) {
    super(message);
    this.line = line;
  }
}

/**
 * Reads one prompt file.
 * @throws PromptError for front matter or a template that cannot be read
 */
export async function parsePrompt(name: string, source: string): Promise<Prompt> {
  const head = readFrontMatter(source);
  const compiled = await new Dotprompt().compile(source);
  const render = async (values: Readonly<Record<string, unknown>>): Promise<readonly Message[]> => {
    const guard = guardMarkers(values);
    const rendered = await compiled({ input: guard.values });
    return rendered.messages.map((message) => ({
      role: roleOf(message.role),
      content: guard.restore(textOf(message.content)).trim(),
    }));
  };
  try {
    await render({});
  } catch (error) {
    const line = /on line (\d+)/i.exec(messageOf(error))?.[1];
    throw new PromptError(
      `the template cannot be read: ${messageOf(error).split('\n')[0]}`,
      line === undefined ? undefined : Number(line),
    );
  }
  const { model, config } = head;
  return { name, model, temperature: config.temperature, maxOutputTokens: config.maxOutputTokens, render };
}

/** dotprompt reads a file with broken front matter as all template; ours is refused instead. */
function readFrontMatter(source: string): z.output<typeof frontMatter> {
  const block = /^\s*---\s*\r?\n([\s\S]*?)\r?\n---\s*\r?\n/.exec(source)?.[1];
  if (block === undefined) {
    if (/^\s*---/.test(source)) throw new PromptError('the front matter has no closing ---', 1);
    return frontMatter.parse({});
  }
  const lines = new LineCounter();
  const document = parseDocument(block, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined)
    throw new PromptError(`the front matter is not YAML: ${error.message}`, lines.linePos(error.pos[0]).line + 1);
  const parsed = frontMatter.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PromptError(`the front matter’s ${issue?.path.join('.')}: ${issue?.message}`, undefined);
}

interface Guard {
  readonly values: Readonly<Record<string, unknown>>;
  restore(text: string): string;
}

/** Private-use characters, of which two that occur in no value stand in for `<` and `>`. */
const standIns = Array.from({ length: 64 }, (_, index) => String.fromCharCode(0xe000 + index));

function guardMarkers(values: Readonly<Record<string, unknown>>): Guard {
  const all = JSON.stringify(values);
  if (!all.includes('<') && !all.includes('>')) return { values, restore: (text) => text };
  const [less, greater] = standIns.filter((character) => !all.includes(character));
  if (less === undefined || greater === undefined) {
    throw new PromptError('the values use every private character that could stand in for < and >', undefined);
  }
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll('<', less).replaceAll('>', greater);
    if (Array.isArray(value)) return value.map(replace);
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
    }
    return value;
  };
  return {
    values: replace(values) as Readonly<Record<string, unknown>>,
    restore: (text) => text.replaceAll(less, '<').replaceAll(greater, '>'),
  };
}

type RenderedMessage = RenderedPrompt['messages'][number];

function roleOf(role: RenderedMessage['role']): Message['role'] {
  switch (role) {
    case 'system':
    case 'user':
      return role;
    case 'model':
      return 'assistant';
    default:
      throw new PromptError(`the role "${role}" is not available; use system, user or model`, undefined);
  }
}

function textOf(content: RenderedMessage['content']): string {
  return content
    .map((part) => {
      if (part.text === undefined) throw new PromptError('only text can be sent yet: remove {{media}}', undefined);
      return part.text;
    })
    .join('');
}
