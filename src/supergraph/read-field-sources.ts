/**
 * What the value of each AI field is made from: everything that it requires, and what AI fields among that are made from.
 * Who may not read a source, or only masked, must not read it in the answer of a model either.
 */
import { type DocumentNode, type FieldNode, Kind } from 'graphql';
import { importedDirectives } from './directives/own-directives.ts';
import { requiredFieldsOf } from './read-required-fields.ts';

/** A field that is read. */
export interface FieldSource {
  /** An object type, an interface or a union. */
  readonly type: string;
  /** The object types that it may be of. */
  readonly objects: readonly string[];
  /** Its name and arguments. */
  readonly node: FieldNode;
  /** The type of its values. */
  readonly returns: string;
}

/** By the coordinate of the AI field. */
export type FieldSources = ReadonlyMap<string, readonly FieldSource[]>;

export function readFieldSources(supergraph: DocumentNode): FieldSources {
  const generateName = importedDirectives(supergraph, 'ai').get('generate');
  const direct = new Map<string, FieldSource[]>();
  if (generateName === undefined) return direct;
  const required = requiredFieldsOf(supergraph, ({ directives = [] }) =>
    directives.some(({ name }) => name.value === generateName),
  );
  for (const { reader, type, objects, node, returns } of required) {
    const source = { type, objects, node: nameAndArguments(node), returns };
    direct.set(reader, [...(direct.get(reader) ?? []), source]);
  }
  // A field of an interface object is one of every type of the interface.
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const { name } of definition.interfaces ?? []) {
      for (const field of definition.fields ?? []) {
        const sources = direct.get(`${name.value}.${field.name.value}`);
        const reader = `${definition.name.value}.${field.name.value}`;
        if (sources !== undefined) direct.set(reader, [...(direct.get(reader) ?? []), ...sources]);
      }
    }
  }
  return new Map([...direct.keys()].map((reader) => [reader, withTheirs(direct, reader)]));
}

function nameAndArguments({ name, arguments: args = [] }: FieldNode): FieldNode {
  return { kind: Kind.FIELD, name, arguments: args };
}

function withTheirs(direct: ReadonlyMap<string, readonly FieldSource[]>, reader: string): readonly FieldSource[] {
  const all = new Set<FieldSource>();
  const readers = new Set([reader]);
  for (const each of readers) {
    for (const source of direct.get(each) ?? []) {
      all.add(source);
      for (const type of source.objects) readers.add(`${type}.${source.node.name.value}`);
    }
  }
  return [...all];
}
