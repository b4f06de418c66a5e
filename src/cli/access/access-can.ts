/** `isthmus access can`: what the bearer of a token may read of an operation, field by field, and why. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ExplainedField, Principal } from '../../access/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import { createLogger } from '../../observability/index.ts';
import { alignColumns } from '../align-columns.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { printable } from '../printable.ts';
import { readHeader } from '../read-header.ts';
import { type Judgement, openOperationJudge, UnjudgedError } from './judge-operation.ts';

interface CanOptions {
  readonly config: string;
  readonly json: boolean;
  readonly token?: string;
  readonly operation: string;
  readonly name?: string;
  readonly variables?: string;
  readonly header: readonly (readonly [string, string])[];
  readonly address: string;
  readonly path?: string;
}

/** Exits 0 where everything may be read, 1 where something is denied, 2 where it cannot be decided. */
export function canCommand(): Command {
  return cliCommand('can', {
    description: 'Name each field of an operation that the bearer of a token may read or not, and why.',
    examples: [
      'isthmus access can --operation page.graphql # of an anonymous caller',
      'isthmus access can --operation page.graphql --token "$TOKEN" --variables page.json',
    ],
  })
    .requiredOption('--operation <file>', 'a .graphql file (required)')
    .option('--token <token>', 'a JSON Web Token, an opaque token or an API key; default: none')
    .option('--name <name>', 'which of its operations, where it has several')
    .option('--variables <file>', 'a JSON file with its variables')
    .option('--header <line>', "a header of the request, 'name: value'; may be repeated", readHeader, [])
    .option('--address <ip>', 'where the request comes from: `access.proxy.from` may name it', '127.0.0.1')
    .option('--path <path>', 'where it is sent, such as the path of a contract; default: `server.graphql_path`')
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(async (options: CanOptions) => {
      try {
        await printJudgement(options);
      } catch (error) {
        if (!(error instanceof UnjudgedError)) throw error;
        fail('REFUSED', error.message);
      }
    });
}

async function printJudgement({
  config: file,
  json,
  token,
  operation,
  name,
  variables,
  header,
  address,
  path,
}: CanOptions) {
  const query = await read(operation);
  const values = variables === undefined ? {} : readVariables(variables, await read(variables));
  const log = createLogger({ level: 'warn', readable: true, destination: process.stderr });
  const judge = await openOperationJudge(file, log);
  try {
    const { access } = judge.config;
    const headers = { ...headersOf(token, access), ...Object.fromEntries(header) };
    const judgement = await judge.judge({ headers, address, path, query, operationName: name, variables: values });
    printResult({ json }, toJson(judgement, access), () => text(judgement, access));
    if (token !== undefined && judgement.kind !== 'refused' && judgement.caller.kind === 'anonymous')
      process.stderr.write('The token is not accepted: its bearer is anonymous (`access.on_error`).\n');
    const isDenied = judgement.kind === 'refused' || (judgement.kind === 'judged' && judgement.denied.length > 0);
    if (isDenied) reportFinding();
  } finally {
    await judge.close();
  }
}

/** In every header in which the configuration looks for one. */
function headersOf(token: string | undefined, { jwt }: ResolvedConfig['access']): Readonly<Record<string, string>> {
  if (token === undefined) return {};
  const configured = jwt.map(({ header, prefix }) => [header, `${prefix} ${token}`.trim()]);
  return { authorization: `Bearer ${token}`, ...Object.fromEntries(configured) };
}

/** @throws UnjudgedError */
async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UnjudgedError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function readVariables(file: string, content: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    value = undefined;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new UnjudgedError(`${file}: variables are a JSON object, such as {"id":"p1"}`);
  return value as Readonly<Record<string, unknown>>;
}

function toJson(judgement: Judgement, { mode }: ResolvedConfig['access']): object {
  switch (judgement.kind) {
    case 'refused':
      return { refused: judgement.reason, status: judgement.status };
    case 'unprotected':
      return { ...aboutCaller(judgement, mode), unprotected: true, allowed: [], denied: [] };
    case 'judged': {
      const { allowed, denied, rows, isComplete } = judgement;
      const leftOut = rows === undefined ? {} : { rows };
      return { ...aboutCaller(judgement, mode), allowed, denied, ...leftOut, isComplete };
    }
    default:
      return unreachable(judgement);
  }
}

function aboutCaller(
  { caller, contract }: { readonly caller: Principal; readonly contract: string | undefined },
  mode: string,
) {
  const { id, kind, tenant, scopes, roles } = caller;
  return { caller: { id, kind, tenant, scopes, roles }, mode, ...(contract === undefined ? {} : { contract }) };
}

function text(judgement: Judgement, { mode }: ResolvedConfig['access']): string {
  if (judgement.kind === 'refused') return printable(`refused (${judgement.status}): ${judgement.reason}`).concat('\n');
  const { id, kind, tenant, scopes, roles } = judgement.caller;
  const caller = `${id} (${kind}), tenant ${tenant}, scopes ${list(scopes)}, roles ${list(roles)}`;
  const { contract } = judgement;
  const ofContract = contract === undefined ? [] : [`contract ${contract}`];
  const head = [printable(`caller   ${caller}`), `mode     ${mode}`, ...ofContract];
  if (judgement.kind === 'unprotected')
    return [...head, 'Nothing of the schema is protected: everyone may read all of it.', ''].join('\n');
  const { allowed, denied, rows: rowRules = [], isComplete } = judgement;
  const rows = [
    ...allowed.map((field) => ['allowed', field.path, field.coordinate, reasonText(field)]),
    ...denied.map((field) => ['denied', field.path, field.coordinate, reasonText(field)]),
  ];
  const leftOut = rowRules.map(({ on, rule }) => `Objects may be left out by ${rule} on ${on}.`);
  return [
    ...head,
    ...alignColumns(rows),
    ...leftOut,
    ...(isComplete ? [] : ['There are more fields than these.']),
    '',
  ].join('\n');
}

function reasonText({ within, rules }: ExplainedField): string {
  if (within !== undefined) return `selected of ${within}`;
  if (rules.length === 0) return 'open to anyone';
  return `by ${rules.map(({ rule, missing }) => `${rule}${lackText(missing)}`).join(' and ')}`;
}

function lackText(missing: ExplainedField['rules'][number]['missing']): string {
  if (missing === undefined) return '';
  return `, lacking ${missing.map((all) => all.join(' and ')).join(' or ')}`;
}

const list = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(' '));
