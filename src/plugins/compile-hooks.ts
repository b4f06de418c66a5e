/**
 * Plugins as arrays of functions, one for each hook that any of them has. A hook nobody uses has no array: where it
 * would run, one look-up finds `undefined` (bench/NOTES.md has its cost).
 */

import { guardCode } from '../ai/fields/index.ts';
import { GatewayError, messageOf } from '../errors/index.ts';
import { type Abortable, addAbortListener, removeAbortListener } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import type { HookResult, Plugin } from './plugin.ts';

type HookName = Exclude<keyof Plugin, 'name'>;
type HookOf<Name extends HookName> = NonNullable<Plugin[Name]>;

/** One plugin's function for one hook. */
export interface Hook<Function> {
  readonly plugin: string;
  readonly call: Function;
}

export type Hooks = {
  readonly [Name in HookName]?: readonly Hook<HookOf<Name>>[] | undefined;
} & { readonly log: Logger };

/** @returns undefined without plugins */
export function compileHooks(plugins: readonly Plugin[], log: Logger): Hooks | undefined {
  if (plugins.length === 0) return undefined;
  return {
    log,
    onRequest: hooksOf(plugins, 'onRequest'),
    onOperation: hooksOf(plugins, 'onOperation'),
    onPlan: hooksOf(plugins, 'onPlan'),
    onSubgraphRequest: hooksOf(plugins, 'onSubgraphRequest'),
    onModelCall: hooksOf(plugins, 'onModelCall'),
    onResponse: hooksOf([...plugins].reverse(), 'onResponse'),
    onReload: hooksOf(plugins, 'onReload'),
  };
}

function hooksOf<Name extends HookName>(
  plugins: readonly Plugin[],
  name: Name,
): readonly Hook<HookOf<Name>>[] | undefined {
  const hooks = plugins.flatMap((plugin) => {
    const hook = plugin[name];
    return hook === undefined ? [] : [{ plugin: plugin.name, call: hook.bind(plugin) as HookOf<Name> }];
  });
  return hooks.length === 0 ? undefined : hooks;
}

/** Whether any plugin takes part in the requests of the GraphQL endpoint, other than in their model calls. */
export function seesRequests(hooks: Hooks | undefined): hooks is Hooks {
  return (
    hooks !== undefined &&
    (hooks.onRequest ?? hooks.onResponse ?? hooks.onOperation ?? hooks.onPlan ?? hooks.onSubgraphRequest) !== undefined
  );
}

/**
 * Whether identical operations may still be one (`traffic.share_identical`), so that no plugin could have answered them
 * differently. `onRequest` and `onResponse` run for each request, before and after what is shared. Of what runs within it:
 *
 * - `onOperation` reads the client's headers: nothing is shared.
 * - `onPlan` and `onSubgraphRequest` read and write `context`, which `onRequest` and `onResponse` have for each request:
 *   nothing is shared where one of either pair is used. Alone they see what identical operations have in common.
 * - `onModelCall` has no context. `onReload` belongs to no request.
 */
export function letShareIdentical(hooks: Hooks | undefined): boolean {
  if (hooks === undefined) return true;
  if (hooks.onOperation !== undefined) return false;
  const isWithin = (hooks.onPlan ?? hooks.onSubgraphRequest) !== undefined;
  const isAround = (hooks.onRequest ?? hooks.onResponse) !== undefined;
  return !(isWithin && isAround);
}

export interface HookCall {
  readonly plugin: string;
  readonly log: Logger;
  readonly requestId?: string | undefined;
  /** Nobody waits any more once it aborts. */
  readonly signal?: Abortable | undefined;
}

/**
 * Calls plugin code: what it leaves running and fails later is logged, never the process's end.
 * @throws GatewayError what the plugin threw, or `PLUGIN_FAILED`; the signal's reason where that aborts first
 */
export async function callPlugin<Result>(
  { plugin, log, requestId, signal }: HookCall,
  code: () => HookResult<Result>,
): Promise<Result | undefined> {
  try {
    const result = guardCode(`plugin ${plugin}`, code);
    return ((result instanceof Promise ? await orAborted(result, signal) : result) ?? undefined) as Result | undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof GatewayError) throw error;
    log.error({ plugin, requestId, error }, 'a plugin failed');
    throw new GatewayError('PLUGIN_FAILED', { cause: error, detail: `${plugin}: ${messageOf(error)}` });
  }
}

async function orAborted<Result>(work: Promise<Result>, signal: Abortable | undefined): Promise<Result> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  else addAbortListener(signal, onAbort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    removeAbortListener(signal, onAbort);
  }
}
