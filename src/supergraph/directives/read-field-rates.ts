/** Reads `@rateLimit` from a supergraph, under whatever name it is imported. */
import { type ConstDirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind } from 'graphql';
import { parseDuration } from '../../config/index.ts';
import { argumentOf, stringArgument } from './links.ts';
import { importedDirectives } from './own-directives.ts';

/** One `@rateLimit`. */
export interface FieldRate {
  /** Which one it is: the field that it is on, and its number there. */
  readonly id: string;
  readonly max: number;
  readonly windowMs: number;
  readonly identityArgs: readonly string[];
}

/** The rates of the fields of object types, by `Type.field`; a field also has those of its interfaces. All of them hold. */
export type FieldRates = ReadonlyMap<string, readonly FieldRate[]>;

export function readFieldRates(supergraph: DocumentNode): FieldRates {
  const rates = new Map<string, readonly FieldRate[]>();
  const name = importedDirectives(supergraph, 'limits').get('rateLimit');
  if (name === undefined) return rates;
  const interfaces = new Map<string, ReadonlyMap<string, readonly FieldRate[]>>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const type = definition.name.value;
    interfaces.set(type, new Map(definition.fields?.map((field) => [field.name.value, ratesOf(type, field, name)])));
  }
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const field of definition.fields ?? []) {
      const inherited = (definition.interfaces ?? []).flatMap(
        (of) => interfaces.get(of.name.value)?.get(field.name.value) ?? [],
      );
      const all = [...ratesOf(definition.name.value, field, name), ...inherited];
      if (all.length > 0) rates.set(`${definition.name.value}.${field.name.value}`, all);
    }
  }
  return rates;
}

function ratesOf(type: string, { name, directives = [] }: FieldDefinitionNode, directive: string): FieldRate[] {
  return directives
    .filter((applied) => applied.name.value === directive)
    .map((applied, index) => ({ id: `${type}.${name.value} ${index}`, ...argumentsOfRate(applied) }));
}

/** What of a `@rateLimit` cannot be read is 0: it is refused at composition. */
export function argumentsOfRate(directive: ConstDirectiveNode): Omit<FieldRate, 'id'> {
  const max = argumentOf(directive, 'max');
  const identity = argumentOf(directive, 'identityArgs');
  const names = identity?.kind === Kind.LIST ? identity.values : identity === undefined ? [] : [identity];
  return {
    max: max?.kind === Kind.INT ? Number(max.value) : 0,
    windowMs: parseDuration(stringArgument(directive, 'window') ?? '') ?? 0,
    identityArgs: names.flatMap((value) => (value.kind === Kind.STRING ? [value.value] : [])),
  };
}
