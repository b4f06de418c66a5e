/** The values of a normalised operation's variables: the client's, and the literals of its document. */
import { cloneJson, parseExactJson } from '../../lib/index.ts';
import type { NormalisedOperation } from '../../planning/index.ts';

type Source = NormalisedOperation['variables'] extends ReadonlyMap<string, infer Each> ? Each : never;

/** What the operation itself says, parsed when it is first read: the same for every request. */
const constants = new WeakMap<Source, unknown>();

export class OperationValues {
  readonly #sources: NormalisedOperation['variables'];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #texts = new Map<string, string | undefined>();

  /** @param values the client's variables */
  constructor({ variables }: NormalisedOperation, values: Readonly<Record<string, unknown>>) {
    this.#sources = variables;
    this.#values = values;
  }

  /** @returns the JSON text, printed once; undefined where the client did not set the variable and it has no default */
  json(name: string): string | undefined {
    const source = this.#sources.get(name);
    if (source === undefined) return undefined;
    if (source.kind === 'literal') return source.json;
    if (!this.#texts.has(name)) {
      const value = this.#clientValue(source.name);
      this.#texts.set(name, value === undefined ? source.fallbackJson : JSON.stringify(value));
    }
    return this.#texts.get(name);
  }

  /** @returns the value, which the caller may change; undefined as for the text */
  value(name: string): unknown {
    const source = this.#sources.get(name);
    if (source === undefined) return undefined;
    if (source.kind === 'literal') return parseExactJson(source.json);
    const value = this.#clientValue(source.name);
    if (value !== undefined) return cloneJson(value);
    return source.fallbackJson === undefined ? undefined : parseExactJson(source.fallbackJson);
  }

  /** @returns the value, which the caller must not change; undefined as for the text */
  read(name: string): unknown {
    const source = this.#sources.get(name);
    if (source === undefined) return undefined;
    const value = source.kind === 'literal' ? undefined : this.#clientValue(source.name);
    return value === undefined ? constantOf(source) : value;
  }

  #clientValue(name: string): unknown {
    // Own properties only: a variable may be called `constructor`.
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }
}

function constantOf(source: Source): unknown {
  const json = source.kind === 'literal' ? source.json : source.fallbackJson;
  if (json === undefined) return undefined;
  let value = constants.get(source);
  if (value === undefined) {
    value = parseExactJson(json);
    constants.set(source, value);
  }
  return value;
}
