/** Sends a recorded operation to a gateway. */
import { readBounded } from '../../lib/index.ts';
import { fetchFailure } from '../fetch-failure.ts';
import type { RecordedOperation } from './read-recording.ts';

/** What a gateway answered. */
export interface ReplayedAnswer {
  readonly status: number;
  /** Of the errors, each once, in order; one that says why where there is no answer of GraphQL. */
  readonly codes: readonly string[];
  readonly data: unknown;
  readonly durationMs: number;
  /** Decimal US dollars; undefined where the gateway does not tell. */
  readonly usd: string | undefined;
}

export interface ReplayTarget {
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}

const timeoutMs = 60_000;
const maxAnswerBytes = 100_000_000;

/** Never throws: what fails is an answer with a code. */
export async function askGateway(
  { url, headers }: ReplayTarget,
  { document, operation, variables }: RecordedOperation,
): Promise<ReplayedAnswer> {
  const began = performance.now();
  const since = (): number => performance.now() - began;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...Object.fromEntries(headers), 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: document, operationName: operation, variables }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const bytes = await readBounded(response.body, maxAnswerBytes, () => new Error('its answer is too long'));
    const durationMs = since();
    const usd = response.headers.get('isthmus-cost-usd') ?? undefined;
    return { status: response.status, durationMs, usd, ...readBody(bytes.toString()) };
  } catch (error) {
    return {
      status: 0,
      codes: [`unanswered: ${fetchFailure(error)}`],
      data: undefined,
      durationMs: since(),
      usd: undefined,
    };
  }
}

function readBody(text: string): Pick<ReplayedAnswer, 'codes' | 'data'> {
  try {
    const { data, errors = [] } = JSON.parse(text) as {
      readonly data?: unknown;
      readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
    };
    return { codes: [...new Set(errors.map(({ extensions }) => String(extensions?.code ?? 'no code')))].sort(), data };
  } catch {
    return { codes: ['not JSON'], data: undefined };
  }
}
