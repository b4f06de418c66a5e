/**
 * The shape of supergraph.yaml, once: the reader, `schema/supergraph.schema.json` and the table of docs/configuration.md are generated from it.
 * Objects are strict: a key that is not here is refused, never ignored. `federation_version` and `subgraphs` are
 * Rover's (`rover supergraph compose --config supergraph.yaml`); the other keys are Isthmus's.
 */
import { z } from 'zod';
import { accessYaml } from './access/access.ts';
import { aiYaml } from './ai/ai.ts';
import { alertsYaml } from './alerts/alerts.ts';
import { cacheYaml } from './cache.ts';
import { coprocessorYaml } from './coprocessor.ts';
import { limitsYaml } from './limits/limits.ts';
import { adminYaml } from './network/admin.ts';
import { headersYaml } from './network/header-rules.ts';
import { networkKeys } from './network/server-network.ts';
import { serverTlsYaml } from './network/server-tls.ts';
import { trafficYaml } from './network/traffic.ts';
import { persistedOperationsYaml } from './persisted-operations.ts';
import { pluginsYaml } from './plugins.ts';
import { registryYaml } from './registry.ts';
import { storeYaml } from './store.ts';
import { supergraphSourceYaml } from './supergraph-source.ts';
import { telemetryYaml } from './telemetry/telemetry.ts';
import { duration, durationOr, httpUrl, isOriginPattern } from './values.ts';

/** The federation versions that the bundled `@apollo/composition` covers; a test holds this against the package. */
export const supportedFederation = { major: 2, minorFrom: 0, minorTo: 14 } as const;

const federationVersion = z
  .union([z.string(), z.number()])
  .default('2')
  .describe('The federation version to compose for, as Rover writes it: `2` or `=2.12.0`.')
  .refine((value) => {
    const match = /^=?v?(\d+)(?:\.(\d+))?(?:\.\d+)?$/.exec(String(value));
    if (match === null || Number(match[1]) !== supportedFederation.major) return false;
    return match[2] === undefined || Number(match[2]) <= supportedFederation.minorTo;
  }, `the bundled composition covers federation 2.${supportedFederation.minorFrom} to 2.${supportedFederation.minorTo}; write 2 or =2.12.0`);

const subgraph = z
  .strictObject({
    routing_url: httpUrl.optional().describe('Where the subgraph answers GraphQL. Default: schema.subgraph_url.'),
    schema: z
      .strictObject({
        file: z.string().min(1).optional().describe('An SDL file.'),
        subgraph_url: httpUrl
          .optional()
          .describe(
            'A URL to introspect with `{ _service { sdl } }`. The last schema is stored under `.isthmus/` beside the configuration and used while the subgraph is down.',
          ),
        poll: z
          .union([z.literal('off'), duration])
          .optional()
          .describe('How often subgraph_url is introspected again while the gateway runs, or `off`. Default: 10s.'),
      })
      .refine((schema) => (schema.file === undefined) !== (schema.subgraph_url === undefined), {
        message: 'name exactly one of file and subgraph_url',
      })
      .refine((schema) => schema.poll === undefined || schema.subgraph_url !== undefined, {
        message: 'poll belongs to subgraph_url: a file is watched',
        path: ['poll'],
      })
      .describe('Where the subgraph’s SDL comes from.'),
    ai: z
      .boolean()
      .default(false)
      .describe('An AI subgraph: its fields are resolved in-process from @generate and prompts.'),
    prompts: z.string().min(1).optional().describe('The folder of an AI subgraph’s .prompt files.'),
    code: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A TypeScript module with functions for an AI subgraph’s fields: additional inputs, processing of answers.',
      ),
  })
  .superRefine((value, context) => {
    if (value.ai) {
      if (value.prompts === undefined)
        context.addIssue({ code: 'custom', message: 'an AI subgraph names its folder of prompts: add prompts' });
      if (value.schema.file === undefined)
        context.addIssue({
          code: 'custom',
          message: 'an AI subgraph’s schema is a file: add schema.file',
          path: ['schema'],
        });
      if (value.routing_url !== undefined)
        context.addIssue({
          code: 'custom',
          message: 'an AI subgraph runs in-process and has no routing_url',
          path: ['routing_url'],
        });
    } else {
      for (const key of ['prompts', 'code'] as const) {
        if (value[key] === undefined) continue;
        const message = `${key} belongs to AI subgraphs: add ai: true`;
        context.addIssue({ code: 'custom', message, path: [key] });
      }
      if (value.routing_url === undefined && value.schema.subgraph_url === undefined) {
        context.addIssue({ code: 'custom', message: 'name the URL the subgraph answers on: add routing_url' });
      }
    }
  });

/** What a subgraph may be called. */
export const subgraphName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'a name starts with a letter and has at most 64 letters, digits, _ and -');

export const supergraphYaml = z.strictObject({
  federation_version: federationVersion,
  subgraphs: z.record(subgraphName, subgraph).default({}),
  supergraph: supergraphSourceYaml,
  engine: z
    .enum(['isthmus', 'reference'])
    .default('isthmus')
    .describe(
      'The execution engine: `isthmus`, or `reference`, which is @apollo/gateway’s engine for comparison and needs that package installed.',
    ),
  server: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('The address to listen on; `localhost` is each that the name has (127.0.0.1 and ::1).'),
      port: z.number().int().min(0).max(65_535).default(4000).describe('The port to listen on; 0 selects a free port.'),
      workers: z
        .union([z.literal('auto'), z.number().int().min(1).max(256)], { error: 'write auto or a number from 1 to 256' })
        .default(1)
        .describe(
          'How many threads `isthmus serve` answers requests with, each on the same port; `auto` is one for each core that this process may use. More than 1 needs Linux or FreeBSD.',
        ),
      graphql_path: z
        .string()
        .regex(/^\/[A-Za-z0-9/_-]+$/, 'write a path such as /graphql')
        .refine((path) => !path.startsWith('/health') && !path.startsWith('/landing'), 'this path is taken')
        .default('/graphql')
        .describe('The path of the GraphQL endpoint.'),
      introspection: z.boolean().default(true).describe('Whether clients may introspect the API schema.'),
      deprecation_headers: z
        .boolean()
        .default(true)
        .describe(
          'Whether answers to operations that use what is deprecated have the headers `Deprecation` and, where a reason has a date of its end, `Sunset`.',
        ),
      v1: z
        .boolean()
        .default(true)
        .describe('Whether the models are served under /v1 to applications that do not use GraphQL.'),
      landing_page: z
        .boolean()
        .default(true)
        .describe('Whether GraphiQL is served at / and at the GraphQL endpoint when a browser opens it.'),
      example_operations: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A folder of .graphql files that GraphiQL opens as tabs; `NAME.headers.jsonc` beside `NAME.graphql` holds the headers of its tab.',
        ),
      allowed_origins: z
        .array(
          z.string().refine(isOriginPattern, 'write an origin such as https://shop.example, http://localhost:* or "*"'),
        )
        .default([])
        .describe(
          'Origins that may call the gateway from a browser (CORS), besides its own: `https://shop.example`, any port of a host with `http://localhost:*`, or `"*"` for every origin, without cookies.',
        ),
      tls: serverTlsYaml,
      ...networkKeys,
      headers_timeout: durationOr('10s', 'How long a client may take to send its headers (408).'),
      request_timeout: durationOr('30s', 'How long a client may take to send its whole request (408).'),
      operation_timeout: durationOr('30s', 'How long an operation may take in total (504).'),
      write_timeout: durationOr(
        '30s',
        'How long a client may read nothing of a response before its connection is closed (RESPONSE_TIMEOUT in the log). A client that reads slowly is not affected.',
      ),
      drain_timeout: durationOr('20s', 'How long requests in flight may take to finish after SIGTERM.'),
    })
    .prefault({}),
  traffic: trafficYaml,
  headers: headersYaml,
  limits: limitsYaml,
  persisted_operations: persistedOperationsYaml,
  cache: cacheYaml,
  errors: z
    .strictObject({
      mode: z
        .enum(['wrapped', 'pass-through'])
        .default('wrapped')
        .describe(
          'What clients see of a subgraph’s errors: `wrapped` hides the message, `pass-through` shows it unchanged.',
        ),
      allowed_extensions: z
        .array(z.string().min(1))
        .default([])
        .describe('Fields of a subgraph error’s extensions that clients see; a listed `code` replaces the gateway’s.'),
      service_name: z.boolean().default(true).describe('Whether errors name the subgraph under extensions.service.'),
    })
    .prefault({}),
  override_labels: z
    .record(z.string().min(1), z.boolean())
    .default({})
    .describe('Named labels of progressive @override that are enabled. `percent(n)` labels need no entry.'),
  access: accessYaml,
  store: storeYaml,
  admin: adminYaml,
  ai: aiYaml,
  plugins: pluginsYaml,
  coprocessor: coprocessorYaml,
  telemetry: telemetryYaml,
  registry: registryYaml,
  alerts: alertsYaml,
});

export type SupergraphYaml = z.output<typeof supergraphYaml>;

/** Keys of planned features: refused by name, so that they are not expected to work. */
export const pendingKeys: ReadonlySet<string> = new Set(['subscriptions', 'events', 'webhooks']);
