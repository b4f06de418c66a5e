// Hive Gateway with its Rust planner; BENCH_SHARE says whether identical requests, inbound and to subgraphs, are shared,
// BENCH_CACHE whether whole answers are cached.
import { defineConfig } from '@graphql-hive/gateway';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';

const share = process.env.BENCH_SHARE === 'on';

export const gatewayConfig = defineConfig({
  unifiedGraphHandler,
  logging: 'error',
  inboundInflightRequestDeduplication: share,
  ...(process.env.BENCH_CACHE === 'on' ? { responseCaching: { session: () => null, ttl: 3_600_000 } } : {}),
  transportEntries: { '*.http': { options: { deduplicateInflightRequests: share } } },
});
