/** Documents and variables as the configuration has them kept: as they are, or without what may be about a person. */
import { Kind, parse, print, visit } from 'graphql';
import type { RecordsConfig } from '../config/index.ts';
import { credentialNames } from '../observability/index.ts';
import type { RecordedTexts } from './recorder.ts';

const maxRemembered = 500;
const maxTokens = 15_000;
const maxDepth = 8;
const maxItems = 50;
const redactedText = '[redacted]';

export class TextRedaction implements RecordedTexts {
  readonly #config: Pick<RecordsConfig, 'documents' | 'variables'>;
  /** Documents without literals, by documents. */
  readonly #normalised = new Map<string, string | undefined>();

  constructor(config: Pick<RecordsConfig, 'documents' | 'variables'>) {
    this.#config = config;
  }

  document(document: string | undefined): string | undefined {
    const { documents } = this.#config;
    if (document === undefined || documents === 'off') return undefined;
    if (documents === 'on') return document;
    if (this.#normalised.has(document)) return this.#normalised.get(document);
    if (this.#normalised.size >= maxRemembered) this.#normalised.clear();
    const normalised = withoutLiterals(document);
    this.#normalised.set(document, normalised);
    return normalised;
  }

  /** @param text JSON */
  variables(text: string | undefined): string | undefined {
    const { variables } = this.#config;
    if (text === undefined || variables === 'off') return undefined;
    const value: unknown = JSON.parse(text);
    return JSON.stringify(variables === 'on' ? withoutCredentials(value, maxDepth) : kindsOf(value, maxDepth));
  }
}

/** @returns undefined for what is no document: nothing of it can be told apart */
function withoutLiterals(document: string): string | undefined {
  try {
    const normalised = visit(parse(document, { noLocation: true, maxTokens }), {
      [Kind.STRING]: () => ({ kind: Kind.STRING, value: '', block: false }),
      [Kind.INT]: () => ({ kind: Kind.INT, value: '0' }),
      [Kind.FLOAT]: () => ({ kind: Kind.FLOAT, value: '0' }),
    });
    return print(normalised);
  } catch {
    return undefined;
  }
}

/** Names, and of values what kind they are. */
function kindsOf(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (depth === 0) return '[…]';
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => kindsOf(item, depth - 1));
  return fieldsOf(value, (_, field) => kindsOf(field, depth - 1));
}

function withoutCredentials(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (depth === 0) return '[…]';
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => withoutCredentials(item, depth - 1));
  return fieldsOf(value, (name, field) =>
    credentialNames.has(name) ? redactedText : withoutCredentials(field, depth - 1),
  );
}

function fieldsOf(value: object, read: (name: string, field: unknown) => unknown): unknown {
  const fields = Object.entries(value).slice(0, maxItems);
  return Object.fromEntries(fields.map(([name, field]) => [name, read(name, field)]));
}
