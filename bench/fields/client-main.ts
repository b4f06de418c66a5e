/** The model client by itself: the CPU of one call, so many at a time, in a process that does nothing else. */

import type { Message, ModelRequest } from '../../src/ai/model-call/index.ts';
import { createModelClient } from '../../src/ai/models/index.ts';
import { createMemoryStore } from '../../src/cache/index.ts';
import { loadConfig } from '../../src/config/index.ts';
import { Deadline } from '../../src/lib/index.ts';
import { createLogger } from '../../src/observability/index.ts';
import { answerParent } from '../process/answer-parent.ts';

export interface ClientRun {
  readonly configFile: string;
  /** Chat completions as a gateway has sent them; each is asked once a round. */
  readonly bodies: readonly unknown[];
  readonly warmUpRounds: number;
  readonly rounds: number;
}

answerParent({
  /** @returns milliseconds of this process's CPU for one call */
  async run({ configFile, bodies, warmUpRounds, rounds }: ClientRun): Promise<number> {
    const { ai } = await loadConfig(configFile, {});
    const log = createLogger({ level: 'warn', readable: false });
    const cache = createMemoryStore({ maxBytes: ai.cache.maxBytes });
    const client = createModelClient({ ai, cache, log, resolveFrom: process.cwd() });
    const requests = bodies.map(requestOf);
    const { signal } = new AbortController();
    const askAll = () =>
      Promise.all(
        requests.map((request) =>
          client.complete({
            alias: 'fast',
            request,
            caller: { id: 'anonymous', tenant: 'public' },
            signal,
            deadline: Deadline.in(20_000),
          }),
        ),
      );
    for (let round = 0; round < warmUpRounds; round++) await askAll();
    const before = process.cpuUsage();
    for (let round = 0; round < rounds; round++) await askAll();
    const { user, system } = process.cpuUsage(before);
    await client.close();
    await cache.close();
    return (user + system) / 1000 / (rounds * requests.length);
  },
});

/** The one form of what was sent; the sample's prompts are of text only. */
function requestOf(body: unknown): ModelRequest {
  const { messages, max_completion_tokens, max_tokens, temperature } = body as {
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
    readonly max_completion_tokens?: number;
    readonly max_tokens?: number;
    readonly temperature?: number;
  };
  const read = messages.map(({ role, content }): Message => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    return role === 'user' ? { role, content: [{ type: 'text', text }] } : { role: 'system', content: text };
  });
  const maxOutputTokens = max_completion_tokens ?? max_tokens;
  return {
    messages: read,
    output: { kind: 'text' },
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
  };
}

// The probe lets go of the channel, so that a gateway ends as it would alone; this process has nothing else to live for.
process.channel?.ref();
