import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** Ends when the client closes the connection before it was answered. */
  readonly abandoned: Promise<void>;
}

/** A server of the chat completions wire: answers each call by `reply`, and records the requests. */
export async function startChatEndpoint(reply: (call: ReceivedCall, response: ServerResponse) => void) {
  const calls: ReceivedCall[] = [];
  let arrived = Promise.withResolvers<ReceivedCall>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const abandoned = Promise.withResolvers<void>();
      response.on('close', () => {
        if (!response.writableEnded) abandoned.resolve();
      });
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
      const call = { path: request.url ?? '', headers: request.headers, body, abandoned: abandoned.promise };
      calls.push(call);
      arrived.resolve(call);
      arrived = Promise.withResolvers();
      reply(call, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    calls,
    nextCall: () => arrived.promise,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A chat completion as OpenAI sends it. */
export function chatCompletion(
  message: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'gpt-test',
    choices: [
      { index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
    ...more,
  };
}

/** The events as one body, each as its own `data:` line; `[DONE]` is an event like any other. */
export function eventStream(events: readonly string[]): string {
  return events.map((data) => `data: ${data}\n\n`).join('');
}

/** Answers with a stream of events, all at once, and ends it cleanly. */
export function sendEvents(response: ServerResponse, events: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(eventStream(events));
}

/** A piece of a chat completion as OpenAI sends it, as JSON. */
export function chatChunk(
  delta: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
  finishReason: string | null = null,
): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'gpt-test' };
  return JSON.stringify({ ...head, choices, ...more });
}
