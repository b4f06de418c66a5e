import { relative } from 'node:path';
import type { ResolvedConfig, SubgraphConfig } from '../config/index.ts';
import { GatewayError, messageOf } from '../errors/index.ts';
import { invariant, readTextFile } from '../lib/index.ts';
import { CompositionError, type CompositionProblem, type SubgraphSource } from './composition.ts';
import type { ReadExternalOptions } from './external/read-external-supergraph.ts';
import { type IntrospectOptions, introspectSdl } from './introspect-sdl.ts';

const introspectionTimeoutMs = 5_000;
/** The timeout if an SDL is stored already: a subgraph that does not respond delays a reload no longer than this. */
const renewalTimeoutMs = 2_000;

export interface ReadSourcesOptions extends ReadExternalOptions {
  /** Finds the stored SDL of a subgraph. */
  readonly find?: (name: string, url: string) => Promise<string | undefined>;
  /** Called for each introspected subgraph, with its SDL or with the reason of the failure. */
  readonly onIntrospected?: (name: string, answer: { readonly sdl: string } | { readonly reason: string }) => void;
}

/**
 * Reads the SDL of every subgraph concurrently, from its file or by introspection.
 * @throws CompositionError naming each subgraph whose SDL is unavailable
 */
export async function readSources(
  config: ResolvedConfig,
  options: ReadSourcesOptions = {},
): Promise<readonly SubgraphSource[]> {
  const outcomes = await Promise.all(config.subgraphs.map((subgraph) => readSource(subgraph, config, options)));
  const problems = outcomes.filter((outcome) => 'severity' in outcome);
  if (problems.length > 0) throw new CompositionError(problems);
  return outcomes.filter((outcome) => 'sdl' in outcome);
}

async function readSource(
  subgraph: SubgraphConfig,
  { traffic }: ResolvedConfig,
  options: ReadSourcesOptions,
): Promise<SubgraphSource | CompositionProblem> {
  const { name, schema } = subgraph;
  const url = subgraph.kind === 'http' ? subgraph.routingUrl : '';
  invariant(schema.kind !== 'supergraph', 'subgraphs of a supergraph are read with it');
  if (schema.kind === 'inline') return { name, url, origin: `createGateway: ${name}`, sdl: schema.sdl };
  const origin = schema.kind === 'file' ? relative(process.cwd(), schema.path) : withoutCredentials(schema.url);
  const of = { name, url, origin };
  try {
    return {
      ...of,
      sdl:
        schema.kind === 'file'
          ? await readTextFile(schema.path)
          : await introspect(name, schema.url, traffic.subgraphs[name]?.tls, options),
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    return schema.kind === 'file' ? fileProblem(of, error) : introspectionProblem(of, reasonOf(error));
  }
}

async function introspect(
  name: string,
  url: string,
  tls: IntrospectOptions['tls'],
  { find, onIntrospected, signal }: ReadSourcesOptions,
): Promise<string> {
  const stored = await find?.(name, url);
  const timeoutMs = stored === undefined ? introspectionTimeoutMs : renewalTimeoutMs;
  try {
    const sdl = await introspectSdl(name, url, { timeoutMs, signal, tls });
    onIntrospected?.(name, { sdl });
    return sdl;
  } catch (error) {
    signal?.throwIfAborted();
    onIntrospected?.(name, { reason: reasonOf(error) });
    if (stored === undefined) throw error;
    return stored;
  }
}

/** The error code of a subgraph whose SDL is unavailable. */
export const schemaUnavailable = 'SUBGRAPH_SCHEMA_UNAVAILABLE';

interface SourcePlace {
  readonly name: string;
  readonly origin: string;
}

function fileProblem({ name, origin }: SourcePlace, error: unknown): CompositionProblem {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return {
    severity: 'error',
    code: schemaUnavailable,
    message: missing ? 'there is no such schema file' : `the schema file cannot be read: ${messageOf(error)}`,
    places: [{ subgraph: name, origin, line: undefined }],
    suggestedFix: missing
      ? `save the schema there, or correct subgraphs.${name}.schema.file in supergraph.yaml`
      : `correct subgraphs.${name}.schema.file in supergraph.yaml`,
  };
}

function introspectionProblem({ name, origin }: SourcePlace, reason: string): CompositionProblem {
  return {
    severity: 'error',
    code: schemaUnavailable,
    message: `the subgraph could not be introspected: ${reason}`,
    places: [{ subgraph: name, origin, line: undefined }],
    suggestedFix: `start the subgraph, or correct subgraphs.${name}.schema.subgraph_url; it must answer { _service { sdl } }`,
  };
}

export function reasonOf(error: unknown): string {
  return error instanceof GatewayError ? (error.detail ?? error.message) : messageOf(error);
}

/** A URL that can be printed: without user name and password. */
export function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
