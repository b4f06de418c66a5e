/** Documents as a manifest in the form of Apollo’s persisted queries, which every client’s tools can be read into. */
import { Kind, parse } from 'graphql';
import type { TrustedDocument } from '../../persisted/index.ts';

export function manifestOf(documents: readonly TrustedDocument[]): string {
  const operations = documents.flatMap(({ ids, text, clientName }) =>
    ids.map((id) => ({ id, body: text, ...nameOf(text), ...(clientName === undefined ? {} : { clientName }) })),
  );
  return JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations });
}

/** Of its first operation. */
function nameOf(text: string): { readonly name: string; readonly type: string } {
  const operation = parse(text).definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return { name: operation?.name?.value ?? 'unnamed', type: operation?.operation ?? 'query' };
}
