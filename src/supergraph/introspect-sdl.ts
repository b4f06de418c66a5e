import { anonymous } from '../access/principal.ts';
import type { SubgraphTlsConfig } from '../config/index.ts';
import { Deadline } from '../lib/index.ts';
import { readClientCredentials } from '../tls/index.ts';
import { createHttpSubgraph } from '../transport/index.ts';

/** The size limit of an SDL; schemas of 10,000 types have about 2 MB. */
const maxSdlBytes = 50_000_000;

export interface IntrospectOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Its certificates: traffic.subgraphs.<name>.tls. */
  readonly tls?: SubgraphTlsConfig | undefined;
  /** Of the request, in lower case. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A subgraph that answers, and does not say what its schema is. */
export class SchemaRefusedError extends Error {
  override readonly name = 'SchemaRefusedError';
  /** Whether it answers callers that it knows alone. */
  readonly isForKnownCallers: boolean;

  constructor(message: string, code: unknown) {
    super(message);
    this.isForKnownCallers = code === 'UNAUTHENTICATED' || code === 'FORBIDDEN';
  }
}

/**
 * Introspects a subgraph: requests its SDL with `{ _service { sdl } }`.
 * @throws SchemaRefusedError or GatewayError with the reason of a failure, or the signal's reason
 */
export async function introspectSdl(
  name: string,
  url: string,
  { timeoutMs, signal, tls, headers }: IntrospectOptions,
): Promise<string> {
  const credentials = tls && { current: await readClientCredentials(tls) };
  const client = createHttpSubgraph({ name, url, timeoutMs, maxResponseBytes: maxSdlBytes, tls: credentials });
  try {
    const { data, errors } = await client.execute(
      { kind: 'query', query: '{ _service { sdl } }', headers },
      {
        requestId: 'introspection',
        principal: anonymous,
        signal: signal ?? new AbortController().signal,
        deadline: Deadline.in(timeoutMs),
      },
    );
    const service = data?._service;
    if (service !== null && typeof service === 'object' && 'sdl' in service && typeof service.sdl === 'string') {
      return service.sdl;
    }
    const [refusal] = errors ?? [];
    throw new SchemaRefusedError(refusal?.message ?? 'its answer has no _service.sdl', refusal?.extensions?.code);
  } finally {
    await client.close();
  }
}
