/** A running gateway, by its admin listener: how commands are told where it is, and how they ask it. */
import type { Command } from 'commander';
import { adminHeader } from '../../admin/index.ts';
import { readBounded } from '../../lib/index.ts';
import { fetchFailure } from '../fetch-failure.ts';
import { readHttpUrl } from '../options/read-http-url.ts';
import { printable } from '../printable.ts';
import { fail } from './cli-failure.ts';

export interface AdminAddress {
  /** The URL of the admin listener. */
  readonly gateway: string;
  readonly key?: string;
}

const timeoutMs = 20_000;
const maxAnswerBytes = 1_000_000;
/** Where `admin` does not say otherwise. */
export const localAdmin = 'http://127.0.0.1:4400';

/**
 * The options of `AdminAddress`.
 * @param fallback what the command does without `--gateway`. @default it asks the admin listener of this machine
 */
export function withGateway(command: Command, scope: string, fallback?: string): Command {
  const gateway = 'the gateway’s admin listener';
  return command
    .option(
      '--gateway <url>',
      fallback === undefined ? gateway : `${gateway}; default: ${fallback}`,
      readHttpUrl,
      fallback === undefined ? localAdmin : undefined,
    )
    .option('--key <key>', `an API key with the scope ${scope}; default: ISTHMUS_ADMIN_KEY`);
}

export interface AdminRequest {
  /** @default POST */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly maxAnswerBytes?: number;
}

/**
 * @returns the answer as text
 * @throws CliFailure GATEWAY_UNREACHABLE; GATEWAY_REFUSED with `status` and `answer`
 */
export async function askAdmin(
  { gateway, key = process.env.ISTHMUS_ADMIN_KEY }: AdminAddress,
  request: AdminRequest,
): Promise<string> {
  const { method = 'POST', path, body } = request;
  const { status, text, isAdmin } = await send().catch((error: unknown) =>
    fail(
      'GATEWAY_UNREACHABLE',
      `the admin listener at ${gateway} cannot be reached (${fetchFailure(error)}): is \`admin\` in the configuration?`,
    ),
  );
  if (!isAdmin) return fail('GATEWAY_UNREACHABLE', noAdminListener(gateway, status));
  if (status >= 200 && status < 300) return text;
  const advice = status === 401 ? ` ${keyAdvice}` : '';
  return fail('GATEWAY_REFUSED', `the gateway refused: ${reasonOf(text)}${advice}`, { status, answer: text });

  async function send(): Promise<{ readonly status: number; readonly text: string; readonly isAdmin: boolean }> {
    const response = await fetch(new URL(path, gateway), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined || key === '' ? {} : { 'x-api-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(request.timeoutMs ?? timeoutMs),
    });
    const most = request.maxAnswerBytes ?? maxAnswerBytes;
    const bytes = await readBounded(response.body, most, () => new Error('its answer is too long'));
    return { status: response.status, text: bytes.toString(), isAdmin: response.headers.has(adminHeader) };
  }
}

export const keyAdvice = 'Name one with --key, or in ISTHMUS_ADMIN_KEY.';

/** Such as the port of the graph, which answers 404 to what the admin listener has; or a proxy whose gateway is down. */
function noAdminListener(gateway: string, status: number): string {
  if (status >= 500) return `the admin listener at ${gateway} cannot be reached: a server before it answered ${status}`;
  return (
    `what answers at ${gateway} (with ${status}) is no admin listener: that is another port than the graph’s, ` +
    `${localAdmin} where \`admin\` does not say otherwise; the gateway logs it at its start`
  );
}

/** The messages of an answer, or all of it where it has none. */
function reasonOf(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { readonly errors: readonly { readonly message: string }[] };
    return printable(errors.map(({ message }) => message).join(' '));
  } catch {
    return printable(text);
  }
}

/**
 * Asks the admin graph.
 * @throws CliFailure GATEWAY_UNREACHABLE or GATEWAY_REFUSED
 */
export async function askAdminGraph(
  address: AdminAddress,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  bounds: Pick<AdminRequest, 'timeoutMs' | 'maxAnswerBytes'> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const text = await askAdmin(address, { ...bounds, path: '/admin/graphql', body: { query, variables } });
  const { data, errors } = JSON.parse(text) as {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly errors?: unknown;
  };
  if (errors === undefined && data != null) return data;
  return fail('GATEWAY_REFUSED', `the gateway refused: ${reasonOf(text)}`);
}
