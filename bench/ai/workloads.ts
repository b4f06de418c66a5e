/** What is asked in each workload, and how the provider behind it answers. */
import type { WorkloadName } from './ai-results.ts';
import type { ProviderOptions } from './provider-main.ts';

export interface Workload {
  readonly name: WorkloadName;
  readonly title: string;
  readonly connections: number;
  /** While it warms up: a stream at a time is so few that the compiler would still be at work. @default connections */
  readonly warmUpConnections?: number;
  readonly provider: ProviderOptions;
  /** Events that carry text, of one stream; `undefined`: whole answers. */
  readonly chunks: number | undefined;
}

/** A model's usual piece is a word with its space: a plain one, that no guard has a reason to hold back. */
const word = 'water';
const piece = `${word} `;

/** What the first event with text holds: events before it (a role, a start) are no token. */
export const firstText = word;

export const workloads: readonly Workload[] = [
  { name: 'call', title: 'chat calls of 300 bytes', connections: 20, provider: {}, chunks: undefined },
  {
    name: 'first-token',
    title: 'streams of 20 chunks, one at a time',
    connections: 1,
    warmUpConnections: 20,
    provider: { chunks: 20, chunkLatencyMs: 1, text: piece.repeat(20) },
    chunks: 20,
  },
  {
    name: 'stream-together',
    title: 'streams of 500 chunks that the provider writes at once',
    connections: 8,
    provider: { chunks: 500, text: piece.repeat(500) },
    chunks: 500,
  },
  {
    name: 'stream-apart',
    title: 'streams of 500 chunks, one every millisecond',
    connections: 8,
    provider: { chunks: 500, chunkLatencyMs: 1, text: piece.repeat(500) },
    chunks: 500,
  },
];

const bytes = 300;

/** A body of 300 bytes in OpenAI's or Anthropic's wire; both read the same but for the bound on the answer. */
export function bodyOf(model: string, streams: boolean, place: string): string {
  const body = (filling: string) =>
    JSON.stringify({
      model,
      max_tokens: 4_000,
      ...(streams && { stream: true }),
      messages: [
        { role: 'system', content: 'You answer in one short sentence.' },
        { role: 'user', content: `Question ${place}: ${filling}` },
      ],
    });
  const words = 'which of these two kettles stays hot for longer, and why? '.repeat(4);
  return body(words.slice(0, bytes - body('').length));
}

/** The same, where a system message has a field of its own. */
export function messagesBodyOf(model: string, streams: boolean, place: string): string {
  const body = (filling: string) =>
    JSON.stringify({
      model,
      max_tokens: 4_000,
      ...(streams && { stream: true }),
      system: 'You answer in one short sentence.',
      messages: [{ role: 'user', content: `Question ${place}: ${filling}` }],
    });
  const words = 'which of these two kettles stays hot for longer, and why? '.repeat(4);
  return body(words.slice(0, bytes - body('').length));
}
