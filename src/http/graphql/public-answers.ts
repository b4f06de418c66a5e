/** Which answers caches in between may keep for everyone, and which headers of requests they have to tell apart. */
import type { Access } from '../../access/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import type { OperationRequest } from '../../execution/index.ts';
import { clientNameHeaders } from '../../limits/index.ts';

/** Whether nothing of an operation’s answer depends on who asks: not whether there is one, either. */
export function publicOperations(
  { access: { requireAuthentication, contracts }, server: { graphqlPath } }: ResolvedConfig,
  access: Access | undefined,
): (request: Pick<OperationRequest, 'document' | 'operation' | 'view'>) => boolean {
  // Where a contract may be chosen at the endpoint, the whole schema is for those who have none.
  const isChosen = contracts.some(({ path = graphqlPath }) => path === graphqlPath);
  if (requireAuthentication || isChosen) return () => false;
  return ({ document, operation, view }) =>
    view?.contract === undefined && access?.protects({ document, operation }) !== true;
}

/** `accept` decides the media type; the client’s name, which trusted document an id is. */
export function varyOf({ persistedOperations }: ResolvedConfig): string {
  const hasDocuments = persistedOperations !== undefined && persistedOperations.documents.length > 0;
  return hasDocuments ? `accept, ${clientNameHeaders.join(', ')}` : 'accept';
}

/** Of several parts of an answer, each of which may vary by its own headers. */
export function joinedVary(earlier: unknown, value: string): string {
  const names = [earlier, value].flatMap((text) => (typeof text === 'string' ? text.split(',') : []));
  const unique = new Map(names.map((name) => [name.trim().toLowerCase(), name.trim()]));
  unique.delete('');
  return [...unique.values()].join(', ');
}
