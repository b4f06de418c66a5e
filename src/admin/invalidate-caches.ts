/**
 * `POST /admin/invalidate`: cached answers are not sent again. The body is a list in the form that Apollo Router’s invalidation
 * endpoint takes, with kinds for what is Isthmus’s own:
 *
 * `[{ "kind": "subgraph", "subgraph": "products" }, { "kind": "type", "subgraph": "products", "type": "Product" },
 *   { "kind": "cache_tag", "subgraphs": ["products"], "cache_tag": "product-1" },
 *   { "kind": "entity", "type": "Product", "key": { "id": "p1" } }, { "kind": "operation", "operation": "Cart" },
 *   { "kind": "tenant", "tenant": "acme" }, { "kind": "prompt", "prompt": "review-summary" },
 *   { "kind": "ai_type", "type": "Product" }]`
 *
 * How many entries that are is not counted: entries are not gone through, whatever their number.
 */
import { z } from 'zod';
import { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { Invalidated, Invalidation } from '../runtime/index.ts';
import type { AdminCaller } from './admin-caller.ts';

const name = z.string().min(1).max(1_000);

const requestsForm = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('subgraph'), subgraph: name }),
      z.strictObject({ kind: z.literal('type'), subgraph: name, type: name }),
      z.strictObject({
        kind: z.literal('cache_tag'),
        cache_tag: name,
        subgraphs: z.array(name).min(1).max(1_000).optional(),
      }),
      z.strictObject({ kind: z.literal('entity'), type: name, key: z.record(z.string(), z.unknown()) }),
      z.strictObject({ kind: z.literal('tenant'), tenant: name }),
      z.strictObject({ kind: z.literal('operation'), operation: name }),
      z.strictObject({ kind: z.literal('prompt'), prompt: name }),
      z.strictObject({ kind: z.literal('ai_type'), type: name }),
    ]),
  )
  .min(1)
  .max(1_000);

export interface InvalidationCall {
  readonly method: string;
  readonly body: string;
  readonly caller: AdminCaller;
  readonly invalidate: Invalidate;
  readonly log: Logger;
}

export type Invalidate = (invalidations: readonly Invalidation[]) => Promise<Invalidated>;

/**
 * @returns the tags that were invalidated
 * @throws GatewayError `METHOD_NOT_ALLOWED`, `FORBIDDEN`, `BAD_REQUEST`, or `OVERLOADED` where a store could not be reached
 */
export async function answerInvalidation(call: InvalidationCall): Promise<readonly string[]> {
  const { method, body, caller } = call;
  if (method !== 'POST') throw new GatewayError('METHOD_NOT_ALLOWED');
  if (!caller.mayWrite) throw new GatewayError('FORBIDDEN', { message: 'This requires the scope admin:write.' });
  return invalidateFor(caller, readInvalidations(parse(body)), call);
}

/**
 * @returns the tags that were invalidated
 * @throws GatewayError `BAD_REQUEST`, or `OVERLOADED` where a store could not be reached
 */
export async function invalidateFor(
  { actor }: AdminCaller,
  invalidations: readonly Invalidation[],
  { invalidate, log }: Pick<InvalidationCall, 'invalidate' | 'log'>,
): Promise<readonly string[]> {
  const { tags, isComplete } = await invalidate(invalidations);
  if (!isComplete)
    throw new GatewayError('OVERLOADED', {
      message: 'A cache cannot be reached at the moment: its answers may be sent until they expire. Try again.',
      detail: `a cache could not be reached to invalidate ${tags.join(', ')}`,
    });
  log.info({ actor, tags }, 'cached answers were invalidated');
  return tags;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new GatewayError('BAD_REQUEST', { message: 'The body is not JSON.' });
  }
}

/** @throws GatewayError `BAD_REQUEST` with the place of what is wrong */
export function readInvalidations(value: unknown): readonly Invalidation[] {
  const { data, error } = requestsForm.safeParse(value);
  if (data !== undefined) return data;
  const [problem] = error?.issues ?? [];
  const message = `The body is not a list of what to invalidate: ${problem?.path.join('.') ?? ''} ${problem?.message ?? ''}.`;
  throw new GatewayError('BAD_REQUEST', { message });
}
