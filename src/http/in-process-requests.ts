/**
 * Requests of the web standard, answered in this process: `Request` in, `Response` out, through the same routes as those
 * that arrive on a socket. Bodies are streams both ways; a client that aborts, or cancels the body, ends its request.
 * The only file that imports `light-my-request`, Fastify's own package for requests without a socket: its `inject` does
 * not hand out the response before it has begun, and a request that is aborted until then has to be ended too.
 */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { FastifyInstance } from 'fastify';
import { type DispatchFunc, type Response as InjectedResponse, type InjectOptions, inject } from 'light-my-request';
import { invariant } from '../lib/index.ts';

/** Of a connection; there is none. */
const connectionHeaders: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'trailer']);
const bodyless: ReadonlySet<number> = new Set([204, 205, 304]);

export async function answerInProcess(app: FastifyInstance, request: Request): Promise<Response> {
  const { signal } = request;
  signal.throwIfAborted();
  let response: ServerResponse | undefined;
  const dispatch: DispatchFunc = (rawRequest, rawResponse) => {
    response = rawResponse;
    // Without a socket Node never says so itself.
    rawResponse.once('finish', () => Object.defineProperty(rawResponse, 'writableFinished', { value: true }));
    // It may have been aborted since: the injection begins a turn later.
    if (signal.aborted) leave();
    else app.routing(rawRequest, rawResponse);
  };
  const leave = (): void => {
    if (response?.writableFinished === false) response.destroy();
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    const answer = await inject(dispatch, optionsOf(request));
    const body = answer.stream();
    invariant(response !== undefined, 'an answer has a response');
    // Nobody reads on: the route that writes it hears that its client has left.
    body.once('close', leave);
    response.once('close', () => signal.removeEventListener('abort', leave));
    return toResponse(answer, body, request.method);
  } catch (error) {
    signal.removeEventListener('abort', leave);
    signal.throwIfAborted();
    throw error;
  }
}

function optionsOf({ method, url, headers, body }: Request): InjectOptions {
  const { host, pathname, search } = new URL(url);
  return {
    method: method as NonNullable<InjectOptions['method']>,
    url: pathname + search,
    headers: { host, 'user-agent': undefined, ...Object.fromEntries(headers) },
    ...(body === null ? {} : { payload: Readable.fromWeb(body as ReadableStream) }),
    payloadAsStream: true,
  };
}

function toResponse(
  { statusCode: status, headers: fields }: InjectedResponse,
  body: Readable,
  method: string,
): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || connectionHeaders.has(name)) continue;
    for (const item of Array.isArray(value) ? value : [String(value)]) headers.append(name, item);
  }
  if (method === 'HEAD' || bodyless.has(status)) {
    body.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(body) as globalThis.ReadableStream, { status, headers });
}
