import type { Capability } from '../../../config/index.ts';
import type { ModelRequest } from '../../model-call/index.ts';

/** The capabilities that a target must have to answer the request. */
export function callNeeds(request: ModelRequest): ReadonlySet<Capability> {
  const needs = new Set<Capability>();
  if (request.output.kind === 'json') needs.add('json');
  if (request.tools !== undefined && request.tools.length > 0) needs.add('tools');
  if (request.reasoning !== undefined && request.reasoning.effort !== 'none') needs.add('reasoning');
  for (const message of request.messages) {
    if (message.role === 'user') addMedia(message.content, needs);
    else if (message.role === 'tool') {
      for (const result of message.content) addMedia(result.content, needs);
    }
  }
  return needs;
}

function addMedia(parts: readonly { readonly type: string }[], needs: Set<Capability>): void {
  for (const { type } of parts) {
    if (type === 'image') needs.add('images');
    else if (type === 'file') needs.add('files');
  }
}
