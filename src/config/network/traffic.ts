/**
 * The `traffic` key: how requests are sent to subgraphs. Every key of `all` may be repeated for one subgraph, whose value wins.
 * Defaults are filled in after the two have been merged, so that a subgraph's `timeout` leaves the other keys of `all` in force.
 */
import { z } from 'zod';
import type { YamlPath } from '../read-yaml.ts';
import { parseDuration, parseSize, sizePattern } from '../units.ts';
import { duration, httpUrl } from '../values.ts';
import { resolveSubgraphTls, type SubgraphTlsConfig, subgraphTlsYaml } from './subgraph-tls.ts';

/** How requests are sent to one subgraph, with every default filled in; the names are those of the transport's options. */
export interface SubgraphTraffic {
  /** The whole exchange, retries included. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How often a failed query is retried; mutations are never retried. */
  readonly retries: number;
  /** Replicas: URLs besides the routing URL that serve the same subgraph. */
  readonly furtherUrls: readonly string[];
  readonly maxResponseBytes: number;
  /** Longer lists of representations are split into several requests. */
  readonly maxRepresentations: number | undefined;
  readonly maxConnections: number;
  readonly http2: boolean;
  readonly client: HttpClient;
  /** `undefined`: nothing is set. */
  readonly tls: SubgraphTlsConfig | undefined;
  readonly apq: boolean;
  readonly compression: BodyCompression;
  /** `undefined`: disabled. */
  readonly breaker: BreakerConfig | undefined;
}

/** What sends requests to subgraphs. */
export type HttpClient = 'lean' | 'undici';

export type BodyCompression = 'none' | 'gzip' | 'br';

export interface BreakerConfig {
  readonly thresholdPercent: number;
  readonly minRequests: number;
  readonly windowMs: number;
  readonly sleepMs: number;
}

/** Which identical requests in flight are deduplicated: whole operations, requests to subgraphs, or none. */
export type ShareIdentical = 'operation' | 'subgraph' | 'off';

const size = z
  .string()
  .regex(sizePattern, 'write a size such as 100kb or 1mb')
  .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0')
  .refine((text) => (parseSize(text) ?? 0) <= 500_000_000, 'a response is held in memory: at most 500mb');

const breaker = z.strictObject({
  enabled: z.boolean().optional().describe('Whether requests to a failing URL are paused. Default: true.'),
  threshold_percent: z
    .number()
    .min(1)
    .max(100)
    .optional()
    .describe('The percentage of failures (timeouts, broken connections, 5xx) that opens it. Default: 50.'),
  min_requests: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The minimum number of requests in the window before it can open. Default: 20.'),
  window: duration.optional().describe('The length of the sliding window. Default: 10s.'),
  sleep: duration.optional().describe('How long it stays open before a probe request is sent. Default: 5s.'),
});

const keys = {
  timeout: duration
    .optional()
    .describe('How long a subgraph request may take in total, retries included. Default: 10s.'),
  connect_timeout: duration.optional().describe('How long connecting may take. Default: 1s.'),
  retries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe(
      'How often a failed query is retried, at 20 % additional load at most; mutations are never retried. Default: 1.',
    ),
  max_response: size.optional().describe('The largest response accepted, after decompression. Default: 50mb.'),
  max_representations: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The most representations in one request; longer lists are split. Default: no limit.'),
  max_connections: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('The most connections per URL. Default: 100.'),
  http2: z.boolean().optional().describe('Whether HTTP/2 is used with https:// URLs that offer it. Default: true.'),
  client: z
    .enum(['lean', 'undici'])
    .optional()
    .describe(
      'What sends requests over HTTP/1.1: the gateway’s own client, or undici. HTTP/2 is undici’s. Default: lean.',
    ),
  apq: z
    .boolean()
    .optional()
    .describe('Whether queries are sent as automatic persisted queries, by hash first. Default: false.'),
  compression: z
    .enum(['none', 'gzip', 'br'])
    .optional()
    .describe(
      'How request bodies are compressed; any value but none also accepts compressed responses. Default: none.',
    ),
  tls: subgraphTlsYaml.optional().describe('Certificates, for URLs of https://.'),
  breaker: breaker.optional().describe('The circuit breaker of each URL.'),
};

const subgraphKeys = z.strictObject({
  ...keys,
  urls: z
    .array(httpUrl)
    .max(100)
    .optional()
    .describe('Replicas: URLs besides routing_url that serve the same subgraph.'),
});

export const trafficYaml = z
  .strictObject({
    share_identical: z
      .enum(['operation', 'subgraph', 'off'])
      .default('operation')
      .describe(
        'Deduplication of identical requests in flight of one principal: whole operations, subgraph requests, or off.',
      ),
    all: z.strictObject(keys).prefault({}).describe('For every subgraph.'),
    subgraphs: z.record(z.string(), subgraphKeys).default({}).describe('For one subgraph; its values win over all.'),
  })
  .prefault({});

/** The traffic of one subgraph: its own keys override those of `all`, which override the defaults. */
export function resolveTraffic(
  traffic: z.output<typeof trafficYaml>,
  subgraph: string,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): SubgraphTraffic {
  const override = Object.hasOwn(traffic.subgraphs, subgraph) ? traffic.subgraphs[subgraph] : undefined;
  const merged = { ...traffic.all, ...override };
  const breakers = { ...traffic.all.breaker, ...override?.breaker };
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  return {
    timeoutMs: milliseconds(merged.timeout ?? '10s'),
    connectTimeoutMs: milliseconds(merged.connect_timeout ?? '1s'),
    retries: merged.retries ?? 1,
    furtherUrls: override?.urls ?? [],
    maxResponseBytes: parseSize(merged.max_response ?? '50mb') ?? 0,
    maxRepresentations: merged.max_representations,
    maxConnections: merged.max_connections ?? 100,
    http2: merged.http2 ?? true,
    client: merged.client ?? 'lean',
    tls: resolveSubgraphTls(traffic.all.tls, override?.tls, subgraph, at, lineOf),
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
