/**
 * Refuses a `@mask` that could not be enforced as it is written: it names a form that does not exist or that the field
 * cannot have, or stands where it would do nothing.
 */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { namedType } from '../../documents/index.ts';
import { didYouMean } from '../../lib/index.ts';
import type { DirectiveProblem } from './check-own-links.ts';
import { stringArgument } from './links.ts';
import { importedDirectives } from './own-directives.ts';

const textForms = ['email', 'last4', 'hash'];
/** The forms of a mask, beside a text of the schema's own. */
const maskForms = ['whole', ...textForms, 'null'];

/** @param subgraphs the documents that were composed, by name */
export function checkMasks(
  supergraph: DocumentNode,
  subgraphs: readonly { readonly name: string; readonly typeDefs: DocumentNode }[],
): readonly DirectiveProblem[] {
  const problems: DirectiveProblem[] = [];
  const maskName = importedDirectives(supergraph, 'access').get('mask');
  if (maskName === undefined) return problems;
  const types = new Map(
    supergraph.definitions.flatMap((definition) =>
      'name' in definition && definition.name !== undefined && definition.kind !== Kind.DIRECTIVE_DEFINITION
        ? [[definition.name.value, definition] as const]
        : [],
    ),
  );
  for (const definition of types.values()) {
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) checkObject(definition);
    if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION)
      for (const field of definition.fields ?? []) checkInterfaceField(definition.name.value, field);
  }
  checkOneSubgraphMasks(maskName);
  return problems;

  function maskInvalid(coordinate: string, message: string, suggestedFix: string): void {
    problems.push({ code: 'MASK_INVALID', message: `@mask on "${coordinate}" ${message}`, suggestedFix });
  }

  function checkObject({ name, fields = [] }: ObjectTypeDefinitionNode): void {
    for (const field of fields) {
      const masks = applicationsOf(field.directives, maskName);
      if (masks.length > 0) checkField(`${name.value}.${field.name.value}`, field, masks);
    }
  }

  function checkInterfaceField(typeName: string, { name, directives }: FieldDefinitionNode): void {
    if (applicationsOf(directives, maskName).length === 0) return;
    const advice = 'put it on the field of each type that implements the interface';
    maskInvalid(`${typeName}.${name.value}`, 'is on a field of an interface', advice);
  }

  function checkField(coordinate: string, field: FieldDefinitionNode, masks: readonly ConstDirectiveNode[]): void {
    const returned = namedType(field.type);
    if (!isLeaf(returned)) {
      maskInvalid(coordinate, 'is on a field that returns objects', 'mask the fields of the object');
      return;
    }
    for (const directive of masks) {
      const as = stringArgument(directive, 'as') ?? 'whole';
      const isText = as.startsWith('text:');
      if (!isText && !maskForms.includes(as))
        maskInvalid(
          coordinate,
          `has as: "${as}", which is no form${didYouMean(as, maskForms)}`,
          `write ${maskForms.join(', ')}, or "text:" with the text to show`,
        );
      else if ((isText || textForms.includes(as)) && returned !== 'String' && returned !== 'ID')
        maskInvalid(coordinate, `has as: "${as}" on a ${returned}`, 'only String and ID have masked forms: write null');
      else if (as === 'null' && hasNonNull(field.type))
        maskInvalid(coordinate, 'has as: "null" on a field that is never null', 'make the field nullable');
    }
  }

  /** The order decides, and none is defined between subgraphs. */
  function checkOneSubgraphMasks(mask: string): void {
    const lists = new Map<string, Map<string, string>>();
    for (const { name: subgraph, typeDefs } of subgraphs) {
      for (const definition of typeDefs.definitions) {
        if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
        for (const field of definition.fields ?? []) {
          const masks = applicationsOf(field.directives, mask);
          if (masks.length === 0) continue;
          const coordinate = `${definition.name.value}.${field.name.value}`;
          const bySubgraph = lists.get(coordinate) ?? new Map<string, string>();
          const forms = masks.map((directive) => [
            stringArgument(directive, 'policy'),
            stringArgument(directive, 'as') ?? 'whole',
          ]);
          lists.set(coordinate, bySubgraph.set(subgraph, JSON.stringify(forms)));
        }
      }
    }
    for (const [coordinate, bySubgraph] of lists) {
      if (new Set(bySubgraph.values()).size < 2) continue;
      const names = [...bySubgraph.keys()].map((name) => `"${name}"`).join(' and ');
      maskInvalid(coordinate, `differs between ${names}`, 'write the same masks in the same order, or in one subgraph');
    }
  }

  function isLeaf(typeName: string): boolean {
    const kind = types.get(typeName)?.kind;
    return kind === undefined || kind === Kind.SCALAR_TYPE_DEFINITION || kind === Kind.ENUM_TYPE_DEFINITION;
  }
}

function applicationsOf(
  directives: readonly ConstDirectiveNode[] | undefined,
  name: string | undefined,
): readonly ConstDirectiveNode[] {
  return name === undefined ? [] : (directives ?? []).filter((directive) => directive.name.value === name);
}

function hasNonNull(type: TypeNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE || (type.kind === Kind.LIST_TYPE && hasNonNull(type.type));
}
