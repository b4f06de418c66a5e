/** The options of a request that is not sent: who sends it, with which variables. */
import type { Command } from 'commander';
import type { ResolvedConfig } from '../../config/index.ts';
import { fail } from '../frame/cli-failure.ts';
import { readHeader } from '../options/read-header.ts';
import { readInput } from '../read-input.ts';

export interface CallerOptions {
  readonly token?: string;
  readonly name?: string;
  readonly variables?: string;
  readonly header: readonly (readonly [string, string])[];
  readonly address: string;
  readonly path?: string;
}

export function withCaller(command: Command): Command {
  return command
    .option('--token <token>', 'a JSON Web Token, an opaque token or an API key; default: none')
    .option('--name <name>', 'which of its operations, where it has several')
    .option('--variables <file>', 'a JSON file with its variables')
    .option('--header <line>', "a header of the request, 'name: value'; may be repeated", readHeader, [])
    .option('--address <ip>', 'where the request comes from: `access.proxy.from` may name it', '127.0.0.1')
    .option('--path <path>', 'where it is sent, such as the path of a contract; default: `server.graphql_path`');
}

/** A token is in every header in which the configuration looks for one. */
export function headersOf(
  { token, header }: Pick<CallerOptions, 'token' | 'header'>,
  { jwt }: ResolvedConfig['access'],
): Readonly<Record<string, string>> {
  const headers = Object.fromEntries(header);
  if (token === undefined) return headers;
  const configured = jwt.map(({ header: name, prefix }) => [name, `${prefix} ${token}`.trim()]);
  return { authorization: `Bearer ${token}`, ...Object.fromEntries(configured), ...headers };
}

/** @throws CliFailure FILE */
export async function readVariables(file: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (file === undefined) return {};
  const content = await readInput(file);
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    value = undefined;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    fail('FILE', `${file}: variables are a JSON object, such as {"id":"p1"}`);
  return value as Readonly<Record<string, unknown>>;
}
