/** `coprocessor`: which stages call it, and what each sends; the keys of a stage are those of Apollo Router. */
import { z } from 'zod';
import { parseDuration } from './units.ts';
import { durationOr, httpUrl } from './values.ts';

/** What a stage can send, by its key, as the protocol names it and as the reference describes it. */
const parts = {
  headers: { name: 'headers', what: 'the headers' },
  body: { name: 'body', what: 'the body' },
  sdl: { name: 'sdl', what: 'the supergraph’s SDL' },
  path: { name: 'path', what: 'the path, with its query' },
  method: { name: 'method', what: 'the HTTP method' },
  status_code: { name: 'statusCode', what: 'the status' },
  service_name: { name: 'serviceName', what: 'the subgraph’s name' },
  subgraph_request_id: { name: 'subgraphRequestId', what: 'an id that a subgraph request and its response share' },
  uri: { name: 'uri', what: 'the subgraph’s URL' },
  query_plan: { name: 'queryPlan', what: 'the plan' },
} as const;

type PartKey = keyof typeof parts;
export type CoprocessorPart = (typeof parts)[PartKey]['name'];

/** What a stage sends. */
export interface CoprocessorStage {
  readonly parts: readonly CoprocessorPart[];
  /** The keys of `context` to send. */
  readonly context: 'all' | readonly string[];
}

export interface CoprocessorStages {
  readonly request: CoprocessorStage | undefined;
  readonly response: CoprocessorStage | undefined;
}

export interface CoprocessorConfig {
  readonly url: string;
  readonly timeoutMs: number;
  readonly router: CoprocessorStages;
  readonly supergraph: CoprocessorStages;
  readonly execution: CoprocessorStages;
  readonly subgraph: { readonly all: CoprocessorStages };
}

const context = z
  .union([
    z.boolean(),
    z.literal('all'),
    z.strictObject({ selective: z.array(z.string().min(1)).describe('The keys that are sent.') }),
  ])
  .default(false)
  .describe('What it is sent of what plugins hand on within the request: `all`, `selective` keys, or nothing.');

function stage(name: string, keys: readonly PartKey[]) {
  const flags = keys.map((key) => [key, z.boolean().default(false).describe(`Whether it is sent ${parts[key].what}.`)]);
  const shape = Object.fromEntries(flags) as Record<string, z.ZodDefault<z.ZodBoolean>>;
  return z
    .strictObject({ ...shape, context })
    .optional()
    .describe(`Calls the coprocessor at the stage ${name}.`);
}

function stages(name: string, request: readonly PartKey[], response: readonly PartKey[]) {
  return z
    .strictObject({
      request: stage(`${name}Request`, ['headers', 'body', ...request]),
      response: stage(`${name}Response`, ['headers', 'body', ...response]),
    })
    .prefault({});
}

export const coprocessorYaml = z
  .strictObject({
    url: httpUrl.describe('Where the coprocessor answers POST.'),
    timeout: durationOr('1s', 'How long one call of it may take.'),
    router: stages('Router', ['sdl', 'path', 'method'], ['sdl', 'status_code']),
    supergraph: stages('Supergraph', ['sdl', 'method'], ['sdl', 'status_code']),
    execution: stages('Execution', ['sdl', 'method', 'query_plan'], ['sdl', 'status_code']),
    subgraph: z
      .strictObject({
        all: stages(
          'Subgraph',
          ['method', 'uri', 'service_name', 'subgraph_request_id'],
          ['status_code', 'service_name', 'subgraph_request_id'],
        ),
      })
      .prefault({}),
  })
  .optional()
  .describe('An HTTP service called at stages of a request’s life, in the form of Apollo Router’s coprocessors.');

export function resolveCoprocessor(yaml: z.output<typeof coprocessorYaml>): CoprocessorConfig | undefined {
  if (yaml === undefined) return undefined;
  const { url, timeout, router, supergraph, execution, subgraph } = yaml;
  return {
    url,
    timeoutMs: parseDuration(timeout) ?? 0,
    router: resolveStages(router),
    supergraph: resolveStages(supergraph),
    execution: resolveStages(execution),
    subgraph: { all: resolveStages(subgraph.all) },
  };
}

type StagesYaml = z.output<ReturnType<typeof stages>>;

function resolveStages({ request, response }: StagesYaml): CoprocessorStages {
  return { request: resolveStage(request), response: resolveStage(response) };
}

function resolveStage(yaml: StagesYaml['request']): CoprocessorStage | undefined {
  if (yaml === undefined) return undefined;
  const { context: sent, ...flags } = yaml;
  const isSent: Readonly<Record<string, unknown>> = flags;
  const keys = (Object.keys(parts) as PartKey[]).filter((key) => isSent[key] === true);
  return {
    parts: keys.map((key) => parts[key].name),
    context: sent === true || sent === 'all' ? 'all' : sent === false ? [] : sent.selective,
  };
}
