import { afterEach } from 'vitest';
import { type ScriptedProvider, type ScriptedProviderOptions, startScriptedProvider } from '../../../src/testing.ts';

const running: ScriptedProvider[] = [];
afterEach(async () => {
  for (const provider of running.splice(0)) await provider.close();
});

/** A provider that ends with its test. */
export async function start(options?: ScriptedProviderOptions): Promise<ScriptedProvider> {
  const provider = await startScriptedProvider(options);
  running.push(provider);
  return provider;
}

/** The path of each wire, whole and streamed. */
export const endpoints = {
  'openai-chat': { whole: ['/v1/chat/completions', {}], stream: ['/v1/chat/completions', { stream: true }] },
  'openai-responses': { whole: ['/v1/responses', {}], stream: ['/v1/responses', { stream: true }] },
  'anthropic-messages': { whole: ['/v1/messages', {}], stream: ['/v1/messages', { stream: true }] },
  'gemini-generate': {
    whole: ['/v1beta/models/gemini-x:generateContent', {}],
    stream: ['/v1beta/models/gemini-x:streamGenerateContent?alt=sse', {}],
  },
  'bedrock-converse': { whole: ['/model/x%3A1/converse', {}], stream: ['/model/x%3A1/converse-stream', {}] },
  'cohere-chat': { whole: ['/v2/chat', {}], stream: ['/v2/chat', { stream: true }] },
} as const;

export type TestedWire = keyof typeof endpoints;
export const wires = Object.keys(endpoints) as TestedWire[];

export function ask(
  provider: ScriptedProvider,
  wire: TestedWire = 'openai-chat',
  form: 'whole' | 'stream' = 'whole',
  init: RequestInit = {},
): Promise<Response> {
  const [path, body] = endpoints[wire][form];
  return fetch(provider.url + path, {
    method: 'POST',
    body: JSON.stringify({ model: 'model-x', ...body }),
    redirect: 'manual',
    ...init,
  });
}

/** The body as far as it came, piece by piece, and the error that ended it. */
export async function readAll(response: Response): Promise<{ pieces: Buffer[]; text: string; failure: unknown }> {
  const pieces: Buffer[] = [];
  let failure: unknown;
  try {
    for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece));
  } catch (error) {
    failure = error;
  }
  return { pieces, text: Buffer.concat(pieces).toString(), failure };
}

/** The events of a stream of server-sent events, each with its framing. */
export function eventsOf(text: string): string[] {
  return text.split(/(?<=\n\n)/);
}
