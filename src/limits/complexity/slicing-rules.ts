/** `requireOneSlicingArgument`: the fields of an operation of which exactly one slicing argument must be set. */
import { Kind, parse, type SelectionSetNode } from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import type { CostTypes } from '../../supergraph/index.ts';
import type { VariableValues } from './formula.ts';
import { type SlicingSize, slicingSize } from './list-size.ts';

export interface SlicingRule {
  /** `Query.products`. */
  readonly coordinate: string;
  /** Its slicing arguments, for the error. */
  readonly names: string;
  readonly sizes: readonly SlicingSize[];
}

const rootTypes = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** @param operation the client's, normalised: what only plans fetch, a client cannot change */
export function slicingRules(operation: string, types: CostTypes): readonly SlicingRule[] {
  const rules: SlicingRule[] = [];
  for (const definition of parse(operation, { noLocation: true }).definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION)
      collect(definition.selectionSet, rootTypes[definition.operation]);
  return rules;

  function collect({ selections }: SelectionSetNode, type: string | undefined): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a normalised operation has none
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet, selection.typeCondition?.name.value ?? type);
        continue;
      }
      const { name, arguments: nodes = [], selectionSet } = selection;
      const field = types.fields.get(type ?? '')?.get(name.value);
      if (field?.listSize?.requiresOne === true) {
        const { slicing } = field.listSize;
        const names = slicing.map(({ path }) => path.join('.')).join(', ');
        const sizes = slicing.map((argument) => slicingSize(argument, nodes));
        rules.push({ coordinate: `${type}.${name.value}`, names, sizes });
      }
      if (selectionSet !== undefined) collect(selectionSet, field?.returns);
    }
  }
}

/** @returns an error for each field of which another number of slicing arguments is set; undefined: there is none */
export function slicingErrors(rules: readonly SlicingRule[], values: VariableValues): GatewayError[] | undefined {
  let errors: GatewayError[] | undefined;
  for (const rule of rules) {
    let count = 0;
    for (const size of rule.sizes) if (size(values) !== undefined) count++;
    if (count === 1) continue;
    errors ??= [];
    errors.push(errorOf(rule, count));
  }
  return errors;
}

function errorOf({ coordinate, names }: SlicingRule, found: number): GatewayError {
  const message = `The field ${coordinate} needs exactly one of the arguments ${names}; ${found} are set.`;
  return new GatewayError('COST_INVALID_SLICING_ARGUMENTS', { message, facts: { field: coordinate, found } });
}
