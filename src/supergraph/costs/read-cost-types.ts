/** Reads `@cost` and `@listSize` from a supergraph, under whatever names they are imported. */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type TypeDefinitionNode,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import { namedType } from '../../documents/index.ts';
import { argumentOf, directiveNamesOf } from '../directives/links.ts';
import type { CostedField, CostedInput, CostTypes, ListSize, SlicingArgument } from './cost-types.ts';
import { listSizeArguments, mergeListSizes } from './list-size-arguments.ts';
import type { NestedListSizes } from './nested-list-sizes.ts';

const identity = 'https://specs.apollo.dev/cost';

/** @param nested the `@listSize`s that were taken out before composition */
export function readCostTypes(supergraph: DocumentNode, nested: NestedListSizes): CostTypes {
  const costNames = directiveNamesOf(supergraph, identity, 'cost');
  const listSizeNames = directiveNamesOf(supergraph, identity, 'listSize');
  const composite = new Set<string>();
  const weights = new Map<string, number>();
  const inputTypes = new Map<string, ReadonlyMap<string, InputValueDefinitionNode>>();
  for (const definition of supergraph.definitions) {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.UNION_TYPE_DEFINITION:
        composite.add(definition.name.value);
        addWeight(definition);
        break;
      case Kind.SCALAR_TYPE_DEFINITION:
      case Kind.ENUM_TYPE_DEFINITION:
        addWeight(definition);
        break;
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        inputTypes.set(definition.name.value, byName(definition.fields));
        break;
      default:
    }
  }

  const fields = new Map<string, ReadonlyMap<string, CostedField>>();
  const inputs = new Map<string, ReadonlyMap<string, CostedInput>>();
  for (const definition of supergraph.definitions) {
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
      const type = definition.name.value;
      const costed = (definition.fields ?? []).flatMap((field) => {
        const read = readField(`${type}.${field.name.value}`, field);
        return read === undefined ? [] : [[field.name.value, read] as const];
      });
      if (costed.length > 0) fields.set(type, new Map(costed));
    } else if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
      inputs.set(definition.name.value, readInputs(definition.fields));
    }
  }
  return { fields, inputs };

  function addWeight({ name, directives }: TypeDefinitionNode): void {
    const weight = weightOf(directives);
    if (weight !== undefined) weights.set(name.value, weight);
  }

  /** @returns undefined for a leaf that costs nothing */
  function readField(coordinate: string, field: FieldDefinitionNode): CostedField | undefined {
    const typeName = namedType(field.type);
    const explicit = weightOf(field.directives) ?? weights.get(typeName);
    const isComposite = composite.has(typeName);
    const read = {
      weight: explicit ?? (isComposite ? 1 : 0),
      isExplicit: explicit !== undefined,
      lists: listsIn(field.type),
      returns: isComposite ? typeName : undefined,
      listSize: readListSize(coordinate, field),
      inputs: readInputs(field.arguments),
    };
    const isFree = read.weight === 0 && !isComposite && read.inputs.size === 0 && read.listSize === undefined;
    return isFree ? undefined : read;
  }

  function readInputs(nodes: readonly InputValueDefinitionNode[] = []): ReadonlyMap<string, CostedInput> {
    const costed = new Map<string, CostedInput>();
    for (const { name, type, directives } of nodes) {
      const typeName = namedType(type);
      const weight = weightOf(directives) ?? weights.get(typeName);
      const inputType = inputTypes.has(typeName) ? typeName : undefined;
      if (weight !== undefined || inputType !== undefined) costed.set(name.value, { weight, type: inputType });
    }
    return costed;
  }

  function readListSize(coordinate: string, field: FieldDefinitionNode): ListSize | undefined {
    const composed = (field.directives ?? []).filter(({ name }) => listSizeNames.has(name.value));
    const merged = mergeListSizes([...composed.map(listSizeArguments), ...(nested.get(coordinate) ?? [])]);
    if (merged === undefined) return undefined;
    return {
      assumedSize: merged.assumedSize,
      slicing: merged.slicingArguments.map((path) => readSlicing(field, path.split('.'))),
      sizedFields: merged.sizedFields.map((path) => path.split('.')),
      requiresOne: merged.requireOneSlicingArgument && merged.slicingArguments.length > 0,
    };
  }

  function readSlicing(field: FieldDefinitionNode, path: readonly string[]): SlicingArgument {
    const defaults: unknown[] = [];
    let definitions: ReadonlyMap<string, InputValueDefinitionNode> | undefined = byName(field.arguments);
    for (const step of path) {
      const input: InputValueDefinitionNode | undefined = definitions?.get(step);
      defaults.push(input?.defaultValue === undefined ? undefined : valueFromASTUntyped(input.defaultValue));
      definitions = input && inputTypes.get(namedType(input.type));
    }
    return { path, defaults };
  }

  function weightOf(directives: readonly ConstDirectiveNode[] | undefined): number | undefined {
    const directive = directives?.find(({ name }) => costNames.has(name.value));
    const weight = directive && argumentOf(directive, 'weight');
    return weight?.kind === Kind.INT ? Number(weight.value) : undefined;
  }
}

function byName(nodes: readonly InputValueDefinitionNode[] = []): ReadonlyMap<string, InputValueDefinitionNode> {
  return new Map(nodes.map((node) => [node.name.value, node]));
}

function listsIn(type: TypeNode): number {
  if (type.kind === Kind.NAMED_TYPE) return 0;
  return listsIn(type.type) + (type.kind === Kind.LIST_TYPE ? 1 : 0);
}
