import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { ResolvedConfig, SubgraphConfig } from '../config/index.ts';
import { GatewayError, messageOf } from '../errors/index.ts';
import { Deadline } from '../lib/index.ts';
import { anonymous, createHttpSubgraph } from '../transport/index.ts';
import { CompositionError, type CompositionProblem, type SubgraphSource } from './composition.ts';

const introspectionTimeoutMs = 5_000;

/**
 * Reads every subgraph's SDL, from its file or by asking the subgraph, all at once.
 * @throws CompositionError naming each subgraph whose SDL cannot be had
 */
export async function readSources(config: ResolvedConfig): Promise<readonly SubgraphSource[]> {
  const outcomes = await Promise.all(config.subgraphs.map((subgraph) => readSource(subgraph)));
  const problems = outcomes.filter((outcome) => 'severity' in outcome);
  if (problems.length > 0) throw new CompositionError(problems);
  return outcomes.filter((outcome) => 'sdl' in outcome);
}

async function readSource(subgraph: SubgraphConfig): Promise<SubgraphSource | CompositionProblem> {
  const { name, schema } = subgraph;
  const url = subgraph.kind === 'http' ? subgraph.routingUrl : '';
  const origin = schema.kind === 'file' ? relative(process.cwd(), schema.path) : withoutCredentials(schema.url);
  try {
    const sdl = schema.kind === 'file' ? await readFile(schema.path, 'utf8') : await introspect(name, schema.url);
    return { name, url, sdl, origin };
  } catch (error) {
    const reason = error instanceof GatewayError ? (error.detail ?? error.message) : messageOf(error);
    return {
      severity: 'error',
      code: 'SUBGRAPH_SCHEMA_UNAVAILABLE',
      message:
        schema.kind === 'file'
          ? `the schema file cannot be read: ${reason}`
          : `the subgraph did not give its schema: ${reason}`,
      places: [{ subgraph: name, origin, line: undefined }],
      mend:
        schema.kind === 'file'
          ? `correct subgraphs.${name}.schema.file in supergraph.yaml`
          : `start the subgraph, or correct subgraphs.${name}.schema.subgraph_url; it must answer { _service { sdl } }`,
    };
  }
}

/** A URL as it may be printed. */
function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}

async function introspect(name: string, url: string): Promise<string> {
  const client = createHttpSubgraph({ name, url, timeoutMs: introspectionTimeoutMs });
  try {
    const { data, errors } = await client.execute(
      { kind: 'query', query: '{ _service { sdl } }' },
      {
        requestId: 'introspection',
        principal: anonymous,
        signal: new AbortController().signal,
        deadline: Deadline.in(introspectionTimeoutMs),
      },
    );
    const service = data?._service;
    if (service !== null && typeof service === 'object' && 'sdl' in service && typeof service.sdl === 'string') {
      return service.sdl;
    }
    throw new Error(errors?.[0]?.message ?? 'its answer has no _service.sdl');
  } finally {
    await client.close();
  }
}
