/** Asks a running gateway’s admin listener. */
import type { Command } from 'commander';
import { readBounded } from '../../lib/index.ts';
import { fail } from '../fail.ts';
import { fetchFailure } from '../fetch-failure.ts';
import { printable } from '../printable.ts';

export interface AdminAddress {
  readonly url: string;
  readonly key?: string;
}

const timeoutMs = 20_000;
const maxAnswerBytes = 1_000_000;

/** The options of `AdminAddress`. */
export function withAdminAddress(command: Command, scope: string): Command {
  return command
    .option('--url <url>', 'the gateway’s admin listener', 'http://127.0.0.1:4400')
    .option('--key <key>', `an API key with the scope ${scope}; default: ISTHMUS_ADMIN_KEY`);
}

/** @returns the answer as text; undefined where it failed, which has been said */
export async function askAdmin(
  path: string,
  body: unknown,
  { url, key = process.env.ISTHMUS_ADMIN_KEY }: AdminAddress,
): Promise<string | undefined> {
  try {
    const response = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-api-key': key }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const bytes = await readBounded(response.body, maxAnswerBytes, () => new Error('its answer is too long'));
    const text = bytes.toString();
    if (response.ok) return text;
    fail(`the gateway refused: ${printable(text)}`);
  } catch (error) {
    fail(`the admin listener at ${url} cannot be reached (${fetchFailure(error)}): is \`admin\` in the configuration?`);
  }
  return undefined;
}

/** A field of the admin graph. @returns undefined where it failed, which has been said */
export async function askAdminGraph(
  query: string,
  variables: Readonly<Record<string, unknown>>,
  address: AdminAddress,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await askAdmin('/admin/graphql', { query, variables }, address);
  if (text === undefined) return undefined;
  const { data, errors } = JSON.parse(text) as {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly errors?: readonly { readonly message: string }[];
  };
  if (errors === undefined && data != null) return data;
  fail(`the gateway refused: ${printable(errors?.map(({ message }) => message).join(' ') ?? text)}`);
  return undefined;
}
