/**
 * Custom executable directives. Composition adds a directive to the API schema if every subgraph defines it; the
 * subgraphs execute it. On a field it is sent with the field, on an operation with every request of its plan.
 *
 * On fragments and variables it cannot be sent, as fragments are inlined and variables renamed: there it is refused.
 */
import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import type { DraftPlan } from '../plan/draft-plan.ts';
import { declaredVariables } from '../plan/fetch-operation.ts';

/** Executed by the gateway. */
const conditions: ReadonlySet<string> = new Set(['skip', 'include']);

const none: readonly DirectiveNode[] = [];

/** The directives that subgraphs execute, in the order of the operation, which may matter. */
export function sentDirectives(directives: readonly DirectiveNode[] | undefined): readonly DirectiveNode[] {
  if (directives === undefined || directives.length === 0) return none;
  return directives.filter(({ name }) => !conditions.has(name.value));
}

/** @throws GatewayError `GRAPHQL_VALIDATION_FAILED` for a directive that cannot be sent at `place` */
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
  /** The definitions of the variables they use. */
  readonly definitions: readonly VariableDefinitionNode[];
}

/** Removes the directives of an operation: it is planned without them, and they are added to the requests of the plan. */
export function detachDirectives(document: DocumentNode): {
  readonly document: DocumentNode;
  readonly detached: OperationDirectives | undefined;
} {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const directives = operation?.directives ?? [];
  if (operation === undefined || directives.length === 0) return { document, detached: undefined };
  const names = new Set<string>();
  for (const directive of directives) visit(directive, { Variable: ({ name }) => void names.add(name.value) });
  const definitions = (operation.variableDefinitions ?? []).filter(({ variable }) => names.has(variable.name.value));
  const changed = { ...operation, directives: [] };
  return {
    document: {
      ...document,
      definitions: document.definitions.map((definition) => (definition === operation ? changed : definition)),
    },
    detached: { directives, definitions },
  };
}

/** Adds them to every request of the plan. */
export function attachDirectives(plan: DraftPlan, detached: OperationDirectives | undefined): DraftPlan {
  if (detached === undefined) return plan;
  const { directives, definitions } = detached;
  return {
    fetches: plan.fetches.map((fetch) => {
      const { operation } = fetch;
      const declared = declaredVariables(operation);
      const additional = definitions.filter(({ variable }) => !declared.has(variable.name.value));
      const changed: OperationDefinitionNode = {
        ...operation,
        directives,
        variableDefinitions: [...(operation.variableDefinitions ?? []), ...additional],
      };
      return {
        ...fetch,
        operation: changed,
        variables: [...new Set([...fetch.variables, ...additional.map(({ variable }) => variable.name.value)])],
      };
    }),
  };
}
