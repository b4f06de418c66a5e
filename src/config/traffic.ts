/**
 * The `traffic` key: how subgraphs are asked. Every key of `all` may be given again for one subgraph, whose value wins.
 * Defaults are filled in when the two have been laid over each other, so that an own `timeout` keeps the others of `all`.
 */
import { z } from 'zod';
import { parseDuration, parseSize, sizePattern } from './units.ts';
import { duration, httpUrl } from './values.ts';

/** How one subgraph is asked, with every default filled in; named as the transport's options are. */
export interface SubgraphTraffic {
  /** The whole exchange, retries included. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How often a failed query is sent again; mutations never are. */
  readonly retries: number;
  /** URLs besides the routing URL that answer the same. */
  readonly furtherUrls: readonly string[];
  readonly maxResponseBytes: number;
  /** Longer lists of representations are split into several requests. */
  readonly maxRepresentations: number | undefined;
  readonly maxConnections: number;
  readonly http2: boolean;
  readonly apq: boolean;
  readonly compression: BodyCompression;
  /** `undefined` where it is switched off. */
  readonly breaker: BreakerConfig | undefined;
}

export type BodyCompression = 'none' | 'gzip' | 'br';

export interface BreakerConfig {
  readonly thresholdPercent: number;
  readonly minRequests: number;
  readonly windowMs: number;
  readonly sleepMs: number;
}

/** What is shared among identical requests in flight: whole operations, requests to subgraphs, or nothing. */
export type ShareIdentical = 'operation' | 'subgraph' | 'off';

const size = z
  .string()
  .regex(sizePattern, 'write a size such as 100kb or 1mb')
  .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0')
  .refine((text) => (parseSize(text) ?? 0) <= 500_000_000, 'an answer is held in memory: at most 500mb');

const breaker = z.strictObject({
  enabled: z.boolean().optional().describe('Whether a sick URL is left alone for a while. Default: true.'),
  threshold_percent: z
    .number()
    .min(1)
    .max(100)
    .optional()
    .describe('The share of failures (timeouts, broken connections, 5xx) that opens it. Default: 50.'),
  min_requests: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The fewest requests in the window that may open it. Default: 20.'),
  window: duration.optional().describe('How far back requests count. Default: 10s.'),
  sleep: duration.optional().describe('How long it stays open before one request tries again. Default: 5s.'),
});

const keys = {
  timeout: duration
    .optional()
    .describe('How long a subgraph may take for its whole answer, retries included. Default: 10s.'),
  connect_timeout: duration.optional().describe('How long connecting may take. Default: 1s.'),
  retries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe('How often a failed query is sent again, at 20 % extra load at most; mutations never are. Default: 1.'),
  max_response: size.optional().describe('The largest answer read, after decompression. Default: 50mb.'),
  max_representations: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The most entities asked for in one request; longer lists are split. Default: no limit.'),
  max_connections: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('The most connections kept to each URL. Default: 100.'),
  http2: z.boolean().optional().describe('Whether HTTP/2 is used with https:// URLs that offer it. Default: true.'),
  apq: z
    .boolean()
    .optional()
    .describe('Whether queries are sent as automatic persisted queries, by hash first. Default: false.'),
  compression: z
    .enum(['none', 'gzip', 'br'])
    .optional()
    .describe('How request bodies are compressed; anything but none also asks for compressed answers. Default: none.'),
  breaker: breaker.optional().describe('The circuit breaker of each URL.'),
};

const subgraphKeys = z.strictObject({
  ...keys,
  urls: z.array(httpUrl).max(100).optional().describe('URLs besides routing_url that answer the same.'),
});

export const trafficYaml = z
  .strictObject({
    share_identical: z
      .enum(['operation', 'subgraph', 'off'])
      .default('operation')
      .describe(
        'What identical requests of one principal in flight share: whole operations, subgraph requests, or nothing.',
      ),
    all: z.strictObject(keys).prefault({}).describe('For every subgraph.'),
    subgraphs: z.record(z.string(), subgraphKeys).default({}).describe('For one subgraph; its values win over all.'),
  })
  .prefault({});

/** The traffic of one subgraph: its own values over those of `all` over the defaults. */
export function resolveTraffic(traffic: z.output<typeof trafficYaml>, subgraph: string): SubgraphTraffic {
  const own = Object.hasOwn(traffic.subgraphs, subgraph) ? traffic.subgraphs[subgraph] : undefined;
  const merged = { ...traffic.all, ...own };
  const breakers = { ...traffic.all.breaker, ...own?.breaker };
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  return {
    timeoutMs: milliseconds(merged.timeout ?? '10s'),
    connectTimeoutMs: milliseconds(merged.connect_timeout ?? '1s'),
    retries: merged.retries ?? 1,
    furtherUrls: own?.urls ?? [],
    maxResponseBytes: parseSize(merged.max_response ?? '50mb') ?? 0,
    maxRepresentations: merged.max_representations,
    maxConnections: merged.max_connections ?? 100,
    http2: merged.http2 ?? true,
    apq: merged.apq ?? false,
    compression: merged.compression ?? 'none',
    breaker:
      (breakers.enabled ?? true)
        ? {
            thresholdPercent: breakers.threshold_percent ?? 50,
            minRequests: breakers.min_requests ?? 20,
            windowMs: milliseconds(breakers.window ?? '10s'),
            sleepMs: milliseconds(breakers.sleep ?? '5s'),
          }
        : undefined,
  };
}
