/** Subgraphs whose answers are not cached, for clients that want nothing that is not (`Cache-Control: only-if-cached`). */
import { GatewayError } from '../errors/index.ts';
import type { SubgraphClient } from '../transport/index.ts';

/** The subgraph, which is not asked for such a client. */
export function refusingUncached(client: SubgraphClient): SubgraphClient {
  const { status } = client;
  return {
    name: client.name,
    kind: client.kind,
    async execute(request, context) {
      if (context.cacheDemands?.isOnlyIfCached === true) throw new GatewayError('NOT_CACHED');
      return client.execute(request, context);
    },
    ...(status === undefined ? {} : { status: () => status.call(client) }),
    close: () => client.close(),
  };
}
