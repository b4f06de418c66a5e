/**
 * A client's request that is forwarded unchanged to a provider of its wire; other providers refuse its unmapped fields.
 */
import type { JsonObject, ModelRequest, Wire, WireRequest } from '../../model-call/index.ts';
import { recordOf, unsupported } from '../../model-call/index.ts';
import type { ChatDialect } from './openai/openai-dialect.ts';

export interface PassedRequest {
  readonly body: JsonObject;
  /** Whether the client did not request usage in its stream; the gateway requests it anyway. */
  readonly dropsUsage: boolean;
}

/** The fields of a client's request without an equivalent on any other wire. */
export function lostFields({ unmapped, adapts = [] }: WireRequest): readonly string[] {
  return adapts.length === 0 ? unmapped : unmapped.filter((name) => !adapts.includes(name));
}

/** `undefined`: the request is translated. Throws `unsupported` if that would lose a field. */
export function passedRequest(
  request: ModelRequest,
  wire: Wire,
  model: string,
  streams: boolean,
  fitted: (body: JsonObject) => JsonObject = (body) => body,
  { requestsStreamUsage }: Pick<ChatDialect, 'requestsStreamUsage'> = { requestsStreamUsage: true },
): PassedRequest | undefined {
  if (request.wire === undefined) return undefined;
  if (request.wire.wire !== wire || request.wire.isForeign === true) {
    const lost = lostFields(request.wire);
    if (lost.length > 0) throw unsupported(lost.join(', '));
    return undefined;
  }
  const streamOptions = recordOf(request.wire.body.stream_options);
  const body = fitted(request.wire.body);
  if (!streams) return { body: { ...body, model, stream: false }, dropsUsage: false };
  if (wire === 'openai-responses') return { body: { ...body, model, stream: true }, dropsUsage: false };
  const dropsUsage = streamOptions.include_usage !== true;
  if (!requestsStreamUsage) return { body: { ...body, model, stream: true }, dropsUsage };
  return {
    body: { ...body, model, stream: true, stream_options: { ...streamOptions, include_usage: true } },
    dropsUsage,
  };
}
