/**
 * What of a subgraph's schema decides the answer to a request, as a text: the definitions of the fields that it reads, with their
 * directives, and of their types. So what is cached of a request survives a change of the schema that does not touch these. Where a
 * request reads an interface or a union, whose objects may be of any type, all of the schema decides.
 */
import { hash } from 'node:crypto';
import { type DefinitionNode, type FieldDefinitionNode, Kind, parse, print } from 'graphql';
import { namedType } from '../../documents/index.ts';
import { onDemand } from '../../lib/index.ts';
import type { CacheHints } from './cache-hints.ts';

export interface RequestVersionsOptions {
  readonly sdl: string;
  /** Of the same schema. */
  readonly hints: CacheHints;
  /** What else decides entries of a type: the keys that their tags name. */
  readonly ofType: (type: string) => unknown;
}

interface VersionedType {
  readonly isAbstract: boolean;
  /** Of its definition and each extension, without their fields. */
  readonly heads: string[];
  readonly fields: Map<string, VersionedField>;
  /** The types of an input object's fields. */
  readonly inputs: Set<string>;
}

interface VersionedField {
  readonly text: string;
  readonly type: string;
  /** The types of its arguments. */
  readonly inputs: readonly string[];
}

export class RequestVersions {
  readonly #options: RequestVersionsOptions;
  readonly #types = new Map<string, VersionedType>();
  /** Of the schema itself, such as what it links. */
  readonly #schema: string[] = [];
  /** All of the schema, and what else decides entries of any type. */
  readonly #whole = onDemand(() => {
    const { sdl, ofType } = this.#options;
    return digest([sdl, [...this.#types.keys()].map((name) => ofType(name) ?? null)]);
  });

  constructor(options: RequestVersionsOptions) {
    this.#options = options;
    for (const definition of parse(options.sdl, { noLocation: true }).definitions) this.#add(definition);
  }

  /** @param request its document; it is gone through each time */
  of(request: string): string {
    const { hints, ofType } = this.#options;
    const fields = hints.fieldsOf(request).map(({ field }) => field.split('.') as [string, string]);
    const types = new Set([...hints.of(request).types, ...fields.map(([type]) => type)]);
    const texts = [...this.#schema];
    for (const name of [...types].sort()) {
      const type = this.#types.get(name);
      if (type === undefined || type.isAbstract) return this.#whole();
      texts.push(...type.heads, JSON.stringify(ofType(name) ?? null));
    }
    for (const [type, name] of fields) {
      const field = this.#types.get(type)?.fields.get(name);
      if (field === undefined) return this.#whole();
      // Of an enum or a scalar: other types are among those that are read.
      texts.push(`${type} ${field.text}`, ...(types.has(field.type) ? [] : this.#headsOf(field.type)));
      for (const input of this.#inputsOf(field.inputs)) texts.push(...this.#headsOf(input));
    }
    return digest(texts);
  }

  #headsOf(type: string): readonly string[] {
    return this.#types.get(type)?.heads ?? [];
  }

  /** The types, and those of their fields, in one order: defaults in them decide what is answered. */
  #inputsOf(types: readonly string[]): readonly string[] {
    const names = new Set(types);
    for (const name of names) for (const further of this.#types.get(name)?.inputs ?? []) names.add(further);
    return [...names].sort();
  }

  #add(definition: DefinitionNode): void {
    if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) {
      this.#schema.push(print(definition));
      return;
    }
    if (!('name' in definition) || definition.name === undefined || definition.kind === Kind.DIRECTIVE_DEFINITION)
      return;
    const { kind } = definition;
    const isAbstract = kind.startsWith('Interface') || kind.startsWith('Union');
    const type: VersionedType = this.#types.get(definition.name.value) ?? {
      isAbstract,
      heads: [],
      fields: new Map(),
      inputs: new Set(),
    };
    this.#types.set(definition.name.value, type);
    const isInput = kind.startsWith('Input');
    const isOfFields = 'fields' in definition && !isInput;
    if (isInput && 'fields' in definition)
      for (const field of definition.fields ?? []) type.inputs.add(namedType(field.type));
    type.heads.push(print(without(isOfFields ? { ...definition, fields: [] } : definition)));
    if (!isOfFields) return;
    for (const field of definition.fields as readonly FieldDefinitionNode[])
      type.fields.set(field.name.value, {
        text: print(without(field)),
        type: namedType(field.type),
        inputs: (field.arguments ?? []).map((argument) => namedType(argument.type)),
      });
  }
}

function without<Node extends object>(node: Node): Node {
  return { ...node, description: undefined };
}

function digest(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url');
}
