/** One question to an authorization server: a form, and an object of JSON as the answer. */
import { readBounded } from '../lib/index.ts';

export interface AuthorizationServer {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly timeoutMs: number;
}

const maxAnswerBytes = 100_000;

/** @throws Error with the reason, where it does not answer as it should; of a refusal, with its `error` (RFC 6749, section 5.2) */
export async function askAuthorizationServer(
  { url, clientId, clientSecret, timeoutMs }: AuthorizationServer,
  form: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  // RFC 6749, section 2.3.1: both are form-encoded before they are joined.
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: new URLSearchParams(form),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const tooLong = () => new Error(`its answer exceeds ${maxAnswerBytes} bytes`);
  const body = await readBounded(response.body, maxAnswerBytes, tooLong);
  const answer = parseObject(body.toString('utf8'));
  if (!response.ok) {
    const { error } = answer ?? {};
    const reason = typeof error === 'string' && /^[\w.-]{1,100}$/.test(error) ? `: ${error}` : '';
    throw new Error(`it answered ${response.status}${reason}`);
  }
  if (answer === undefined) throw new Error('its answer is no object');
  return answer;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
