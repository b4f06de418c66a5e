import { relative } from 'node:path';
import type { ResolvedConfig, SubgraphConfig } from '../config/index.ts';
import { GatewayError, messageOf } from '../errors/index.ts';
import { readTextFile } from '../lib/index.ts';
import { CompositionError, type CompositionProblem, type SubgraphSource } from './composition.ts';
import { introspectSdl } from './introspect-sdl.ts';

const introspectionTimeoutMs = 5_000;
/** Where an SDL is stored already, a subgraph that does not answer holds up an edit no longer than this. */
const renewalTimeoutMs = 2_000;

export interface ReadSourcesOptions {
  readonly signal?: AbortSignal | undefined;
  /** What a subgraph's SDL was when it last gave it. */
  readonly find?: (name: string, url: string) => Promise<string | undefined>;
  /** Told of each subgraph that was asked for its SDL: the reason where it did not give it. */
  readonly onAsked?: (name: string, answer: { readonly sdl: string } | { readonly reason: string }) => void;
}

/**
 * Reads every subgraph's SDL, from its file or by asking the subgraph, all at once.
 * @throws CompositionError naming each subgraph whose SDL cannot be had
 */
export async function readSources(
  config: ResolvedConfig,
  options: ReadSourcesOptions = {},
): Promise<readonly SubgraphSource[]> {
  const outcomes = await Promise.all(config.subgraphs.map((subgraph) => readSource(subgraph, options)));
  const problems = outcomes.filter((outcome) => 'severity' in outcome);
  if (problems.length > 0) throw new CompositionError(problems);
  return outcomes.filter((outcome) => 'sdl' in outcome);
}

async function readSource(
  subgraph: SubgraphConfig,
  options: ReadSourcesOptions,
): Promise<SubgraphSource | CompositionProblem> {
  const { name, schema } = subgraph;
  const url = subgraph.kind === 'http' ? subgraph.routingUrl : '';
  const origin = schema.kind === 'file' ? relative(process.cwd(), schema.path) : withoutCredentials(schema.url);
  const of = { name, url, origin };
  try {
    return {
      ...of,
      sdl: schema.kind === 'file' ? await readTextFile(schema.path) : await ask(name, schema.url, options),
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    return schema.kind === 'file' ? fileProblem(of, error) : askedProblem(of, reasonOf(error));
  }
}

async function ask(name: string, url: string, { find, onAsked, signal }: ReadSourcesOptions): Promise<string> {
  const stored = await find?.(name, url);
  const timeoutMs = stored === undefined ? introspectionTimeoutMs : renewalTimeoutMs;
  try {
    const sdl = await introspectSdl(name, url, { timeoutMs, signal });
    onAsked?.(name, { sdl });
    return sdl;
  } catch (error) {
    signal?.throwIfAborted();
    onAsked?.(name, { reason: reasonOf(error) });
    if (stored === undefined) throw error;
    return stored;
  }
}

/** The code of a subgraph whose SDL cannot be had. */
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

function askedProblem({ name, origin }: SourcePlace, reason: string): CompositionProblem {
  return {
    severity: 'error',
    code: schemaUnavailable,
    message: `the subgraph did not give its schema: ${reason}`,
    places: [{ subgraph: name, origin, line: undefined }],
    suggestedFix: `start the subgraph, or correct subgraphs.${name}.schema.subgraph_url; it must answer { _service { sdl } }`,
  };
}

export function reasonOf(error: unknown): string {
  return error instanceof GatewayError ? (error.detail ?? error.message) : messageOf(error);
}

/** A URL as it may be printed. */
function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
