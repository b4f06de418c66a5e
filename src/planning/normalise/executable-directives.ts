/**
 * A client's own directives. Composition puts one into the API schema where every subgraph defines it, and it is for the
 * subgraphs to carry out: on a field it goes along with the field, on an operation with every request made for it.
 *
 * Elsewhere it would have to be lost: fragments are merged in, variables renamed. There it is refused, by name.
 */
import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import type { OperationPlan } from '../plan/operation-plan.ts';

/** Decided by the gateway itself. */
const conditions: ReadonlySet<string> = new Set(['skip', 'include']);

const none: readonly DirectiveNode[] = [];

/** Those that subgraphs carry out, in the client's order, which may matter to them. */
export function sentDirectives(directives: readonly DirectiveNode[] | undefined): readonly DirectiveNode[] {
  if (directives === undefined || directives.length === 0) return none;
  return directives.filter(({ name }) => !conditions.has(name.value));
}

/** @throws GatewayError `GRAPHQL_VALIDATION_FAILED` for one that would be lost at `place` */
export function refuseDirectives(
  directives: readonly (DirectiveNode | ConstDirectiveNode)[] | undefined,
  place: string,
): void {
  const [first] = sentDirectives(directives);
  if (first === undefined) return;
  throw new GatewayError('GRAPHQL_VALIDATION_FAILED', {
    message: `Directive "@${first.name.value}" cannot be sent on with ${place}; put it on the fields it is meant for.`,
  });
}

export interface OperationDirectives {
  readonly directives: readonly DirectiveNode[];
  /** The variables they use. */
  readonly definitions: readonly VariableDefinitionNode[];
}

/** Takes an operation's own directives off: a plan is made without them, whatever its steps make of requests. */
export function takeDirectives(document: DocumentNode): {
  readonly document: DocumentNode;
  readonly taken: OperationDirectives | undefined;
} {
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  const directives = operation?.directives ?? [];
  if (operation === undefined || directives.length === 0) return { document, taken: undefined };
  const names = new Set<string>();
  for (const directive of directives) visit(directive, { Variable: ({ name }) => void names.add(name.value) });
  const definitions = (operation.variableDefinitions ?? []).filter(({ variable }) => names.has(variable.name.value));
  const changed = { ...operation, directives: [] };
  return {
    document: { ...document, definitions: document.definitions.map((one) => (one === operation ? changed : one)) },
    taken: { directives, definitions },
  };
}

/** Puts them on every request of the plan. */
export function putDirectives(plan: OperationPlan, taken: OperationDirectives | undefined): OperationPlan {
  if (taken === undefined) return plan;
  const { directives, definitions } = taken;
  return {
    fetches: plan.fetches.map((fetch) => {
      const [operation] = parse(fetch.operation, { noLocation: true }).definitions;
      invariant(operation?.kind === Kind.OPERATION_DEFINITION, 'a fetch has an operation');
      const declared = new Set(operation.variableDefinitions?.map(({ variable }) => variable.name.value));
      const added = definitions.filter(({ variable }) => !declared.has(variable.name.value));
      const changed: OperationDefinitionNode = {
        ...operation,
        directives,
        variableDefinitions: [...(operation.variableDefinitions ?? []), ...added],
      };
      return {
        ...fetch,
        operation: stripIgnoredCharacters(print(changed)),
        variables: [...new Set([...fetch.variables, ...added.map(({ variable }) => variable.name.value)])],
      };
    }),
  };
}
