/** A provider's endpoint for tests of the AI SDK bridge: scripted answers, in the framing of each provider. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import type { ModelRequest, ProviderCall, ProviderStreamPart } from '../../../../src/ai/model-call/index.ts';
import { type AiSdkProviderOptions, createAiSdkProvider } from '../../../../src/ai/providers/ai-sdk/ai-sdk-provider.ts';
import { createAnthropicProvider } from '../../../../src/ai/providers/anthropic/index.ts';
import { Deadline } from '../../../../src/lib/index.ts';

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into what was sent.
  readonly body: any;
  /** Ends when the client closes the connection before it was answered. */
  readonly abandoned: Promise<void>;
}

export type Reply = (call: ReceivedCall, response: ServerResponse) => void;

export async function startEndpoint(reply: Reply) {
  const calls: ReceivedCall[] = [];
  const arrived = Promise.withResolvers<ReceivedCall>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const abandoned = Promise.withResolvers<void>();
      response.on('close', () => {
        if (!response.writableEnded) abandoned.resolve();
      });
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}');
      const call = { path: request.url ?? '', headers: request.headers, body, abandoned: abandoned.promise };
      calls.push(call);
      arrived.resolve(call);
      reply(call, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    firstCall: () => arrived.promise,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type Package = 'anthropic' | 'google' | 'amazon-bedrock' | 'cohere' | 'mistral';

/** Models whose requests the packages build without a warning. */
export const models: Readonly<Record<Package, string>> = {
  anthropic: 'claude-haiku-4-5',
  google: 'gemini-2.5-flash',
  'amazon-bedrock': 'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
  cohere: 'command-a-03-2025',
  mistral: 'mistral-small-latest',
};

export const apiKey = 'key-test-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

const settings: Partial<Record<Package, Readonly<Record<string, unknown>>>> = {
  'amazon-bedrock': { region: 'eu-central-1' },
};

const closing: (() => Promise<void>)[] = [];

/** Closes what `serve` has opened. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close();
}

export async function serve(name: Package, reply: Reply, options: Partial<AiSdkProviderOptions> = {}) {
  const endpoint = await startEndpoint(reply);
  const shared = { name, keys: [apiKey], baseUrl: endpoint.url, settings: settings[name] ?? {}, ...options };
  const provider =
    name === 'anthropic'
      ? createAnthropicProvider(shared)
      : createAiSdkProvider({ package: `@ai-sdk/${name}`, resolveFrom: import.meta.dirname, ...shared });
  closing.push(() => provider.close(), endpoint.close);
  return { ...endpoint, provider };
}

export function bounds(milliseconds = 10_000, signal = new AbortController().signal): ProviderCall {
  return { signal, deadline: Deadline.in(milliseconds), key: 0, structured: 'json_schema' };
}

export const ask: ModelRequest = {
  messages: [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: [{ type: 'text', text: 'Is it good?' }] },
  ],
  output: { kind: 'text' },
  maxOutputTokens: 50,
};

export function sendJson(response: ServerResponse, body: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The bytes of a stream of events as the provider frames them; each one's own, and what ends the stream. */
export function frame(name: Package, events: readonly string[]): readonly Buffer[] {
  switch (name) {
    case 'amazon-bedrock':
      return events.map(eventStreamMessage);
    case 'anthropic':
      return events.map((event) => Buffer.from(`event: ${JSON.parse(event).type}\ndata: ${event}\n\n`));
    case 'mistral':
      return [...events.map(sseEvent), Buffer.from('data: [DONE]\n\n')];
    case 'google':
    case 'cohere':
      return events.map(sseEvent);
  }
}

export function sendStream(response: ServerResponse, name: Package, chunks: readonly Uint8Array[]): void {
  startStream(response, name);
  for (const chunk of chunks) response.write(chunk);
  response.end();
}

export function startStream(response: ServerResponse, name: Package): void {
  const type = name === 'amazon-bedrock' ? 'application/vnd.amazon.eventstream' : 'text/event-stream';
  response.writeHead(200, { 'content-type': type });
  response.flushHeaders();
}

export async function collect(stream: AsyncIterable<ProviderStreamPart>): Promise<ProviderStreamPart[]> {
  const parts: ProviderStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

function sseEvent(event: string): Buffer {
  return Buffer.from(`data: ${event}\n\n`);
}

/** `application/vnd.amazon.eventstream`: lengths, a checksum of them, headers, JSON, a checksum of all. */
function eventStreamMessage(event: string): Buffer {
  const [[type = '', payload] = []] = Object.entries(JSON.parse(event) as Record<string, unknown>);
  const isException = type.endsWith('Exception');
  const headers = Buffer.concat([
    textHeader(':message-type', isException ? 'exception' : 'event'),
    textHeader(isException ? ':exception-type' : ':event-type', type),
    textHeader(':content-type', 'application/json'),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const message = Buffer.alloc(16 + headers.length + body.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headers.copy(message, 12);
  body.copy(message, 12 + headers.length);
  message.writeUInt32BE(crc32(message.subarray(0, message.length - 4)), message.length - 4);
  return message;
}

function textHeader(name: string, value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, text]);
}
