/** Policies as functions of a TypeScript module: `export const policy = ({ principal, args, request }) => …`. */
import { pathToFileURL } from 'node:url';
import { guardCode } from '../../ai/fields/index.ts';
import { messageOf } from '../../errors/index.ts';
import { readTextFile, stableHash, withinTime } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { Policy, PolicyInput } from './policy.ts';

/** A function that decides: true allows, anything else denies. */
export type PolicyFunction = (input: PolicyInput) => boolean | Promise<boolean>;

/** A module may await what never comes. */
const loadTimeoutMs = 10_000;

export interface CodePolicy extends Policy {
  /** Of the module's source: an edit makes another generation. */
  readonly hash: string;
}

/** @returns the policy, or why the module is none */
export async function loadCodePolicy(name: string, path: string): Promise<CodePolicy | string> {
  let policy: unknown;
  let hash: string;
  try {
    const url = pathToFileURL(path);
    hash = stableHash(await readTextFile(path)).slice(0, 16);
    url.searchParams.set('version', hash);
    const loading = guardCode(path, () => import(url.href) as Promise<{ readonly policy?: unknown }>);
    ({ policy } = await withinTime(loading, { timeoutMs: loadTimeoutMs, what: 'loading the module' }));
  } catch (error) {
    return `the policy cannot be loaded: ${messageOf(error).split('\n')[0]}`;
  }
  if (typeof policy !== 'function') return 'the module exports no function `policy`';
  return {
    name,
    hash,
    readsArguments: true,
    readsRequest: true,
    needs: new Set(),
    decideRows: (rows, caller, { log }) => {
      const inputs = rows.map((row) => ({ ...caller, args: {}, row }));
      return decideAll(name, policy as PolicyFunction, inputs, log);
    },
    decide: (inputs, { log }) => decideAll(name, policy as PolicyFunction, inputs, log),
  };
}

function decideAll(
  name: string,
  policy: PolicyFunction,
  inputs: readonly PolicyInput[],
  log: Logger,
): readonly boolean[] | Promise<readonly boolean[]> {
  const failed = (error: unknown): false => {
    log.error({ policy: name, error }, 'a policy failed: it allows nothing');
    return false;
  };
  const answers = inputs.map((input): boolean | Promise<boolean> => {
    try {
      const answer = guardCode(name, () => policy(input)) as unknown;
      if (!(answer instanceof Promise)) return answer === true;
      return answer.then((value: unknown) => value === true, failed);
    } catch (error) {
      return failed(error);
    }
  });
  return answers.some((answer) => answer instanceof Promise) ? Promise.all(answers) : (answers as boolean[]);
}
