/** How large an operation is, for its line in the log: what limits would have to allow. */
import type { DocumentSize } from '../../limits/index.ts';
import type { PlanSizes } from '../../transport/index.ts';
import type { OperationFacts } from '../request/request-facts.ts';

/** By the keys of `limits` in the configuration. */
export function sizeFacts(
  size: DocumentSize | undefined,
  name: string | undefined,
  { fetches, representations }: PlanSizes,
): Pick<OperationFacts, 'sizes'> {
  const operation = size?.operations.find((candidate) => candidate.name === name) ?? size?.operations[0];
  if (size === undefined || operation === undefined) return {};
  const { depth, aliases, rootFields, directives, selections } = operation;
  return {
    sizes: {
      tokens: size.tokens.tokens,
      depth,
      aliases,
      root_fields: rootFields,
      directives,
      selections,
      fetches,
      representations,
    },
  };
}
