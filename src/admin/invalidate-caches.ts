/**
 * `POST /admin/invalidate`: cached answers are not sent again. The body is a list in the form that Apollo Router’s invalidation
 * endpoint takes, with kinds for what is Isthmus’s own:
 *
 * `[{ "kind": "subgraph", "subgraph": "products" }, { "kind": "type", "subgraph": "products", "type": "Product" },
 *   { "kind": "operation", "operation": "Cart" }, { "kind": "prompt", "prompt": "review-summary" }]`
 */
import { z } from 'zod';
import { fieldTags } from '../ai/fields/index.ts';
import { responseTags } from '../cache/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { AdminCaller } from './admin-caller.ts';

const name = z.string().min(1).max(1_000);

const requestsForm = z
  .array(
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('subgraph'), subgraph: name }),
      z.strictObject({ kind: z.literal('type'), subgraph: name, type: name }),
      z.strictObject({ kind: z.literal('operation'), operation: name }),
      z.strictObject({ kind: z.literal('prompt'), prompt: name }),
    ]),
  )
  .min(1)
  .max(1_000);

type InvalidationRequest = z.output<typeof requestsForm>[number];

export interface InvalidationCall {
  readonly method: string;
  readonly body: string;
  readonly caller: AdminCaller;
  readonly invalidate: (tags: readonly string[]) => Promise<boolean>;
  readonly log: Logger;
}

/**
 * @returns the tags that were invalidated
 * @throws GatewayError `METHOD_NOT_ALLOWED`, `FORBIDDEN`, `BAD_REQUEST`, or `OVERLOADED` where a store could not be reached
 */
export async function answerInvalidation(call: InvalidationCall): Promise<readonly string[]> {
  const { method, body, caller, invalidate, log } = call;
  if (method !== 'POST') throw new GatewayError('METHOD_NOT_ALLOWED');
  if (!caller.mayWrite) throw new GatewayError('FORBIDDEN', { message: 'This requires the scope admin:write.' });
  const tags = [...new Set(readRequests(body).map(tagOf))];
  if (!(await invalidate(tags)))
    throw new GatewayError('OVERLOADED', {
      message: 'A cache cannot be reached at the moment: its answers may be sent until they expire. Try again.',
      detail: `a cache could not be reached to invalidate ${tags.join(', ')}`,
    });
  log.info({ actor: caller.actor, tags }, 'cached answers were invalidated');
  return tags;
}

function readRequests(body: string): readonly InvalidationRequest[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new GatewayError('BAD_REQUEST', { message: 'The body is not JSON.' });
  }
  const { data, error } = requestsForm.safeParse(value);
  if (data !== undefined) return data;
  const [problem] = error?.issues ?? [];
  const message = `The body is not a list of what to invalidate: ${problem?.path.join('.') ?? ''} ${problem?.message ?? ''}.`;
  throw new GatewayError('BAD_REQUEST', { message });
}

function tagOf(request: InvalidationRequest): string {
  switch (request.kind) {
    case 'subgraph':
      return responseTags.subgraph(request.subgraph);
    case 'type':
      return responseTags.type(request.subgraph, request.type);
    case 'operation':
      return responseTags.operation(request.operation);
    case 'prompt':
      return fieldTags.prompt(request.prompt);
  }
}
