/** The keys of `telemetry` that say which requests are traced, what their spans hold, and who is told of the trace. */
import { z } from 'zod';
import { parseDuration } from '../units.ts';
import { duration } from '../values.ts';
import { keyValues } from './key-values.ts';

/** How the place in a trace is written for others: W3C's headers, B3's single one, B3's several. */
export const traceFormats = ['w3c', 'b3', 'b3multi'] as const;
export type TraceFormat = (typeof traceFormats)[number];

export interface TracingConfig {
  /** The share of requests whose spans are sent, of those for which no client has decided. */
  readonly sample: number;
  /** Whether a client may decide for its requests. */
  readonly isClientTrusted: boolean;
  /** A request that took so long is sent whatever was decided; undefined: none is. */
  readonly slowMs: number | undefined;
  /** Whether spans hold documents and what was said to models and by them. */
  readonly hasTexts: boolean;
  readonly propagation: readonly TraceFormat[];
  /** Whether providers of models are told of the trace, too. */
  readonly reachesModels: boolean;
}

export const tracingKeys = {
  sample: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe(
      'The share of requests that are traced, from 0 to 1, where the client has not decided. Requests with errors and slow ones always are.',
    ),
  trust_client_sampling: z
    .boolean()
    .default(true)
    .describe(
      'Whether a client’s `traceparent` or B3 headers decide that its request is traced or not; `false`: the share alone does, at random, so that no client can have all of its requests traced. Its trace goes on either way.',
    ),
  slow: z
    .union([z.literal('off'), duration], { error: 'write a duration such as 1s, or off' })
    .default('1s')
    .describe('A request that takes so long is traced whatever the share says; `off`: it counts as any other.'),
  texts: z
    .enum(['off', 'on'])
    .default('off')
    .describe('Whether traces hold the documents of operations, and what is said to models and by them.'),
  propagation: z
    .array(z.enum(traceFormats))
    .default(['w3c'])
    .describe(
      'The headers by which subgraphs are told of the trace: `w3c` (traceparent, tracestate), `b3`, `b3multi` (x-b3-…). All are understood from clients.',
    ),
  propagate_to_models: z
    .boolean()
    .default(false)
    .describe(
      'Whether providers of models are told of the trace, too, by `traceparent`: for models of your own. `tracestate` is not sent to them.',
    ),
};

export const serviceYaml = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .default('isthmus')
      .describe('The name of this service in traces and logs (`service.name`).'),
    attributes: keyValues(/^\S{1,256}$/, /^/, 'deployment.environment.name=production').describe(
      'Further attributes of the resource, such as `deployment.environment.name`; a text is read as OTEL_RESOURCE_ATTRIBUTES (`a=1,b=2`).',
    ),
  })
  .prefault({});

export function resolveTracing(yaml: z.output<z.ZodObject<typeof tracingKeys>>): TracingConfig {
  const {
    sample,
    trust_client_sampling: isClientTrusted,
    slow,
    texts,
    propagation,
    propagate_to_models: reachesModels,
  } = yaml;
  return {
    sample,
    isClientTrusted,
    slowMs: slow === 'off' ? undefined : parseDuration(slow),
    hasTexts: texts === 'on',
    propagation,
    reachesModels,
  };
}
