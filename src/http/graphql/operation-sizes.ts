/** How large an operation is, for its line in the log: what limits would have to allow. */
import type { DocumentSize } from '../../limits/index.ts';
import type { OperationEvent } from '../../observability/index.ts';
import type { PlanSizes } from '../../transport/index.ts';

/** By the keys of `limits` in the configuration. */
export function operationSizes(
  size: DocumentSize | undefined,
  name: string | undefined,
  { fetches, representations }: PlanSizes,
): OperationEvent['sizes'] {
  const operation = size?.operations.find((candidate) => candidate.name === name) ?? size?.operations[0];
  if (size === undefined || operation === undefined) return undefined;
  const { depth, aliases, rootFields, directives, selections } = operation;
  return {
    tokens: size.tokens.tokens,
    depth,
    aliases,
    root_fields: rootFields,
    directives,
    selections,
    fetches,
    representations,
  };
}
