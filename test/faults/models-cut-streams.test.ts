/** A whole gateway before a provider that cuts every stream after every event, read by the official clients. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Faults, ScriptedAnswer } from '../../src/testing.ts';
import { startV1Gateway, type TargetWire, type V1Gateway, wires, words } from '../integration/v1/v1-gateway.ts';

const said = 'One “two” three.';
const answer: ScriptedAnswer = {
  text: said,
  reasoning: 'Hm.',
  toolCalls: [{ name: 'weather', arguments: { city: 'Paris' } }],
};

let gateway: V1Gateway;
beforeAll(async () => {
  gateway = await startV1Gateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => gateway.provider.reset());

/** Reads a stream as an application does; `undefined`: the client saw a failure. */
const readers = {
  '/chat/completions': async (model: string) => {
    const messages = [{ role: 'user' as const, content: words() }];
    const whole = await gateway.openai.chat.completions.stream({ model, messages }).finalChatCompletion();
    const { content, tool_calls } = whole.choices[0]?.message ?? {};
    const [call] = tool_calls ?? [];
    return { text: content, call: call?.type === 'function' ? call.function.arguments : undefined };
  },
  '/responses': async (model: string) => {
    const whole = await gateway.openai.responses.stream({ model, input: words() }).finalResponse();
    if (whole.status !== 'completed') throw new Error(whole.status);
    const call = whole.output.find((item) => item.type === 'function_call');
    return { text: whole.output_text, call: call?.arguments };
  },
  '/messages': async (model: string) => {
    const messages = [{ role: 'user' as const, content: words() }];
    const whole = await gateway.anthropic.messages.stream({ model, max_tokens: 50, messages }).finalMessage();
    const text = whole.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
    const call = whole.content.find((block) => block.type === 'tool_use');
    return { text, call: call === undefined ? undefined : JSON.stringify(call.input) };
  },
} as const;
type Path = keyof typeof readers;
const paths = Object.keys(readers) as Path[];

/** How many events a complete stream has; the last of them is the terminal event. */
async function eventsOf(wire: TargetWire): Promise<number> {
  gateway.provider.reset();
  gateway.provider.respond(answer);
  await readers['/chat/completions'](wire);
  return gateway.provider.requests[0]?.sentChunks ?? 0;
}

/** After how many events a clean end leaves nothing open: on the chat wire usage and [DONE] may miss after the reason. */
function wholeFrom(wire: TargetWire, events: number): number {
  return wire === 'chat' ? events - 2 : events;
}

const rawBodies: Readonly<Record<Path, (model: string) => object>> = {
  '/chat/completions': (model) => ({ model, stream: true, messages: [{ role: 'user', content: words() }] }),
  '/responses': (model) => ({ model, stream: true, input: words() }),
  '/messages': (model) => ({ model, stream: true, max_tokens: 50, messages: [{ role: 'user', content: words() }] }),
};
const terminal = /\[DONE\]|response\.completed|response\.incomplete|message_stop/;

describe.each(wires)('a stream of the %s wire', (wire) => {
  let events = 0;
  beforeAll(async () => {
    events = await eventsOf(wire);
  });
  const cutAfter = (afterChunks: number, how: 'reset' | 'close' | 'end' | 'stall'): Faults => ({
    ...(how === 'reset' ? { chunkDelayMs: 0 } : {}),
    stop: { at: { afterChunks }, how },
  });

  it.each(paths)('is whole through %s where nothing is cut', async (path) => {
    gateway.provider.respond(answer);
    expect(await readers[path](wire)).toEqual({ text: said, call: '{"city":"Paris"}' });
    expect(events).toBeGreaterThan(4);
  });

  it.each(paths.flatMap((path) => (['reset', 'close', 'end'] as const).map((how) => ({ path, how }))))(
    'cut by $how after any event fails through $path, or is whole',
    async ({ path, how }) => {
      const whole = how === 'end' ? wholeFrom(wire, events) : events;
      for (let at = 0; at <= events; at++) {
        gateway.provider.reset();
        gateway.provider.respond({ ...answer, faults: cutAfter(at, how) });
        const outcome = await readers[path](wire).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          // A connection that is broken right after the last event may take that event with it.
          if (how === 'end') expect(at, outcome.message).toBeLessThan(whole);
        } else {
          expect(at).toBeGreaterThanOrEqual(whole);
          expect(outcome).toEqual({ text: said, call: '{"city":"Paris"}' });
        }
      }
    },
  );

  it.each(paths)('cut after any event never shows %s its end', async (path) => {
    for (let at = 0; at < wholeFrom(wire, events); at++) {
      gateway.provider.reset();
      gateway.provider.respond({ ...answer, faults: cutAfter(at, 'end') });
      const response = await gateway.post(path, rawBodies[path](wire));
      const body = await response.text();
      expect(body).not.toMatch(terminal);
      expect(body).toMatch(/"error":\{|"type":"error"|response\.failed/);
      expect(body).not.toMatch(/127\.0\.0\.1|sk-operator/);
      if (!response.ok) expect(response.status).toBe(502);
    }
  });
});

it('a stream that falls silent ends with an error once it has been silent for long enough', async () => {
  await using silent = await startV1Gateway({
    ai: (provider) => `  stream_idle_timeout: 150ms
  providers: { chat: { kind: openai, base_url: "${provider.openAiBaseUrl}", api_key: k }, claude: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${provider.anthropicBaseUrl}/v1", api_key: k } }
  models: { chat: { targets: [chat/m], retries: 0 }, claude: { targets: [claude/m], retries: 0 } }
  prices: { chat/m: { free: true }, claude/m: { free: true } }
  breaker: { min_requests: 10000 }
`,
  });
  silent.provider.respond((request) => ({
    text: 'One two three four five.',
    faults: { stop: { at: { afterChunks: request.number % 6 }, how: 'stall' } },
  }));
  const bodies = await Promise.all(
    ['chat', 'claude'].flatMap((model) =>
      [0, 1, 2, 3, 4, 5].map(async () => {
        const response = await silent.post('/chat/completions', rawBodies['/chat/completions'](model));
        return response.text();
      }),
    ),
  );
  for (const body of bodies) {
    expect(body).not.toMatch(terminal);
    expect(body).toContain('"error":{');
  }
  await expect.poll(() => silent.provider.inFlight).toBe(0);
});

describe('two targets, the first of which is cut', () => {
  it.each(['chat', 'anthropic'] as const)(
    'the %s wire falls back before the first output, and never after it',
    async (wire) => {
      await using both = await startV1Gateway({
        ai: (provider) => `  providers:
    chat: { kind: openai, base_url: "${provider.openAiBaseUrl}", api_key: k }
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${provider.anthropicBaseUrl}/v1", api_key: k }
  models: { both: { targets: [${wire}/first, chat/second], retries: 0 } }
  prices: { ${wire}/first: { free: true }, chat/second: { free: true } }
  breaker: { min_requests: 10000 }
`,
      });
      const [first, second] = ['alpha beta gamma', 'delta epsilon'];
      let fellBack = 0;
      for (let at = 0; at < 8; at++) {
        both.provider.reset();
        both.provider.respond({ text: second }, { model: 'second' });
        both.provider.respond(
          { text: first, faults: { stop: { at: { afterChunks: at }, how: 'end' } } },
          { model: 'first' },
        );
        const response = await both.post('/chat/completions', rawBodies['/chat/completions']('both'));
        const body = await response.text();
        const text = [...body.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('');
        expect(response.status).toBe(200);
        if (response.headers.get('isthmus-model') === 'chat/second') {
          fellBack++;
          expect(text).toBe(second);
          expect(body).toContain('[DONE]');
        } else {
          expect(first.startsWith(text)).toBe(true);
          expect(text).not.toBe('');
          expect(both.provider.requests).toHaveLength(1);
          expect(body.includes('[DONE]')).toBe(!body.includes('"error":{'));
        }
      }
      expect(fellBack).toBeGreaterThanOrEqual(1);
      expect(fellBack).toBeLessThan(5);
    },
  );
});
