/** Loads the module of an AI subgraph's custom code: `export const fields = { 'Type.field': { inputs, finish } }`. */
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../../errors/index.ts';
import { readTextFile, stableHash, withinTime } from '../../../lib/index.ts';
import { guardCode } from './code-run.ts';
import type { FieldCode, SubgraphCode } from './field-code.ts';

/** Top-level await in a module may never settle. */
const loadTimeoutMs = 10_000;

/**
 * @returns the code, or an error message for its owner. An edited file is loaded again. Node caches the modules it imports,
 * so an edit of those requires a restart.
 */
export async function readFieldCode(file: string): Promise<SubgraphCode | string> {
  let hash: string;
  let module: unknown;
  try {
    hash = stableHash(await readTextFile(file)).slice(0, 16);
    const url = pathToFileURL(file);
    url.searchParams.set('version', hash);
    const loaded = guardCode(file, () => import(url.href));
    module = await withinTime(loaded, { timeoutMs: loadTimeoutMs, what: 'loading the module' });
  } catch (error) {
    return `the code cannot be loaded: ${messageOf(error).split('\n')[0]}`;
  }
  const exported = (module as { readonly fields?: unknown }).fields;
  if (exported === null || typeof exported !== 'object') return 'the code exports no `fields`';
  const fields = new Map<string, FieldCode>();
  for (const [coordinate, code] of Object.entries(exported)) {
    if (!isFieldCode(code)) return `the code of ${coordinate} is an object with inputs or finish, functions both`;
    fields.set(coordinate, code);
  }
  return { hash, fields };
}

function isFieldCode(code: unknown): code is FieldCode {
  if (code === null || typeof code !== 'object') return false;
  const { inputs, finish, variables } = code as Record<keyof FieldCode, unknown>;
  const hooks = [inputs, finish].filter((hook) => hook !== undefined);
  const isNames = (list: unknown): boolean => Array.isArray(list) && list.every((name) => typeof name === 'string');
  return (
    hooks.length > 0 &&
    hooks.every((hook) => typeof hook === 'function') &&
    (variables === undefined || isNames(variables))
  );
}
