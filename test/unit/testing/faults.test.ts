import { describe, expect, it } from 'vitest';
import type { Faults, StopManner } from '../../../src/testing.ts';
import { ask, eventsOf, readAll, start, type TestedWire, wires } from './provider.ts';

const text = 'Très bien: 👍 naïve café, and so on.';

async function streamWith(faults: Faults, wire: TestedWire = 'openai-chat', chunks?: number) {
  const provider = await start({ respond: { text, ...(chunks !== undefined && { chunks }) }, faults });
  const response = await ask(provider, wire, 'stream');
  return { provider, response, ...(await readAll(response)) };
}

async function wholeStream(wire: TestedWire): Promise<Buffer> {
  return Buffer.concat((await streamWith({}, wire)).pieces);
}

describe('a stream that stops', () => {
  it.each(['reset', 'close', 'end'] as const)('after every event in turn, by %s', async (how) => {
    const all = eventsOf((await wholeStream('openai-chat')).toString());
    expect(all.length).toBeGreaterThan(6);
    const provider = await start({ respond: { text } });
    for (let count = 0; count <= all.length; count++) {
      provider.script({ text, faults: { stop: { at: { afterChunks: count }, how } } });
      const answer = await readAll(await ask(provider, 'openai-chat', 'stream'));
      const sent = answer.text.replaceAll(/scripted-\d+/g, 'scripted-0');
      expect(sent).toBe(all.slice(0, count).join(''));
      if (how === 'end') expect(answer.failure).toBeUndefined();
      else expect(answer.failure).toBeInstanceOf(Error);
      expect(provider.requests[count]?.sentChunks).toBe(count);
      expect(await provider.requests[count]?.ended).toBe(how === 'end' ? 'answered' : 'stopped');
      expect(provider.requests[count]?.aborted).toBe(false);
    }
    expect(provider.inFlight).toBe(0);
  });

  it.each(wires)('after so many bytes, on the wire %s', async (wire) => {
    const whole = await wholeStream(wire);
    const { pieces, failure } = await streamWith({ stop: { at: { afterBytes: 100 } } }, wire);
    expect(Buffer.concat(pieces)).toEqual(whole.subarray(0, 100));
    expect(failure).toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('inside a character, which is then incomplete', async () => {
    const { pieces } = await streamWith({ stop: { at: 'inside-character', how: 'end' } });
    const body = Buffer.concat(pieces);
    expect(body.at(-1)).toBe(0xc3); // the first half of é
    expect(body.toString().endsWith('caf\uFFFD')).toBe(true);
  });

  it('before its headers', async () => {
    const provider = await start({ faults: { stop: { at: 'before-headers' } } });
    await expect(ask(provider)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(await provider.requests[0]?.ended).toBe('stopped');
    provider.script({ faults: { stop: { at: 'before-headers', how: 'close' } } });
    await expect(ask(provider)).rejects.toMatchObject({ cause: { message: 'other side closed' } });
  });

  it('not at all where it ends before the place', async () => {
    const { failure, text: sent } = await streamWith({ stop: { at: { afterChunks: 1_000 } } });
    expect(failure).toBeUndefined();
    expect(sent).toContain('[DONE]');
  });

  it.each<[StopManner | 'before-headers', Faults]>([
    ['stall', { stop: { at: { afterChunks: 2 }, how: 'stall' } }],
    ['before-headers', { stop: { at: 'before-headers', how: 'stall' } }],
  ])('by a stall (%s), until the client gives up', async (_name, faults) => {
    const provider = await start({ respond: { text }, faults });
    const controller = new AbortController();
    const reading = ask(provider, 'openai-chat', 'stream', { signal: controller.signal }).then(readAll);
    reading.catch(() => undefined);
    const [request] = await provider.waitForRequests(1);
    expect(provider.inFlight).toBe(1);
    controller.abort();
    expect(await request?.ended).toBe('aborted');
    expect(request?.aborted).toBe(true);
    expect(provider.inFlight).toBe(0);
    await reading.catch((error: unknown) => expect(error).toMatchObject({ name: 'AbortError' }));
  });
});

describe('a stream that ends cleanly without its end', () => {
  it.each([
    ['openai-chat', '[DONE]', '"finish_reason":"stop"'],
    ['openai-responses', 'response.completed', 'response.completed'],
    ['anthropic-messages', 'message_stop', 'message_delta'],
    ['gemini-generate', undefined, '"finishReason"'],
    ['cohere-chat', 'message-end', 'message-end'],
    ['bedrock-converse', 'metadata', 'messageStop'],
  ] as const)('on the wire %s', async (wire, terminal, finish) => {
    const whole = (await wholeStream(wire)).toString();
    const withoutTerminal = await streamWith({ endBefore: 'terminal' }, wire);
    const withoutFinish = await streamWith({ endBefore: 'finish' }, wire);
    expect(whole).toContain(finish);
    expect(withoutFinish.text).not.toContain(finish);
    expect(withoutFinish.text.length).toBeGreaterThan(200);
    if (terminal !== undefined) {
      expect(whole).toContain(terminal);
      expect(withoutTerminal.text).not.toContain(terminal);
      if (terminal !== finish) expect(withoutTerminal.text).toContain(finish);
    }
    expect(withoutTerminal.failure ?? withoutFinish.failure).toBeUndefined();
  });

  it('or without the blank line after its last event', async () => {
    expect((await streamWith({ withoutLastBlankLine: true })).text.endsWith('data: [DONE]')).toBe(true);
  });
});

describe('a stream written oddly', () => {
  it.each(['openai-chat', 'bedrock-converse'] as const)('in two writes, split anywhere: %s', async (wire) => {
    const whole = await wholeStream(wire);
    const provider = await start({ respond: { text } });
    let split = 0;
    for (let offset = 1; offset < whole.length; offset += 13) {
      provider.reset();
      provider.script({ text, faults: { splitAt: offset } });
      const { pieces } = await readAll(await ask(provider, wire, 'stream'));
      expect(Buffer.concat(pieces)).toEqual(whole);
      if (pieces[0]?.length === offset) split++;
    }
    expect(split).toBeGreaterThan(whole.length / 13 / 2); // a busy client may read two writes as one
  });

  it('with every character of several bytes in two writes', async () => {
    const { pieces, text: sent } = await streamWith({ splitAt: 'inside-characters' });
    const withHalves = pieces.filter((piece) => piece.toString().includes('\uFFFD'));
    expect(withHalves.length).toBeGreaterThan(1);
    expect(sent).toContain('Très ');
    expect(sent).not.toContain('\uFFFD');
  });

  it('dripping', async () => {
    const whole = await wholeStream('openai-chat');
    const { pieces } = await streamWith({ drip: { bytes: 200, everyMs: 2 } });
    expect(Buffer.concat(pieces)).toEqual(whole);
    expect(pieces.length).toBeGreaterThan(whole.length / 200 / 2);
  });

  it('event by event, a wait between them', async () => {
    const startedAt = performance.now();
    const { pieces } = await streamWith({ chunkDelayMs: 10 });
    expect(pieces.length).toBeGreaterThan(5);
    expect(performance.now() - startedAt).toBeGreaterThan(9 * 10);
  });

  it('with carriage returns, without spaces, between comments', async () => {
    const framing = { lineEnd: '\r\n', withoutSpace: true, comments: true } as const;
    const { text: sent } = await streamWith({ framing }, 'anthropic-messages');
    expect(sent.startsWith(': keep-alive\r\n\r\nevent:message_start\r\ndata:{"type":"message_start"')).toBe(true);
    expect(sent).not.toMatch(/[^\r]\n|data: /);
  });

  it('its first event twice', async () => {
    const [first, second, third] = eventsOf((await streamWith({ duplicateFirst: true }, 'anthropic-messages')).text);
    expect(first).toContain('message_start');
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it.each([
    ['openai-chat', 'data: {"error":{"message":"Rate limit'],
    ['openai-responses', '"type":"error","sequence_number":3,"code":"rate_limit_exceeded"'],
    ['anthropic-messages', 'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error"'],
    ['gemini-generate', 'data: {"error":{"code":429,'],
    ['bedrock-converse', 'ThrottlingException'],
    ['cohere-chat', '"finish_reason":"ERROR"'],
  ] as const)('with an error in its middle: %s', async (wire, expected) => {
    const whole = (await wholeStream(wire)).toString();
    const { text: sent, failure } = await streamWith({ errorEvent: { afterChunks: 3, error: { status: 429 } } }, wire);
    expect(whole).not.toContain(expected);
    expect(sent).toContain(expected);
    expect(sent.length).toBeLessThan(whole.length);
    expect(failure).toBeUndefined();
  });
});

describe('usage', () => {
  const places: Readonly<Record<TestedWire, RegExp>> = {
    'openai-chat': /"prompt_tokens":(\d+)/g,
    'openai-responses': /"input_tokens":(\d+)/g,
    'anthropic-messages': /"message_delta".*"input_tokens":(\d+)/g,
    'gemini-generate': /"finishReason".*"promptTokenCount":(\d+)|data: \{"usageMetadata".*"promptTokenCount":(\d+)/g,
    'bedrock-converse': /"inputTokens":(\d+)/g,
    'cohere-chat': /"tokens":\{"input_tokens":(\d+)/g,
  };

  it.each(wires)('is absent, zero, or sent twice: %s', async (wire) => {
    const tokens = async (faults: Faults) => {
      const { text: sent } = await streamWith(faults, wire);
      return [...sent.matchAll(places[wire])].map((match) => Number(match[1] ?? match[2]));
    };
    const asUsual = await tokens({});
    expect(asUsual).toHaveLength(wire === 'openai-chat' ? 0 : 1); // it was not asked for there
    expect(await tokens({ usage: 'absent' })).toEqual([]);
    expect(new Set(await tokens({ usage: 'zero' }))).toEqual(new Set(wire === 'openai-chat' ? [] : [0]));
    const twice = await tokens({ usage: 'twice' });
    if (wire === 'cohere-chat') return;
    expect(twice).toHaveLength(2);
    expect(twice[0]).toBe(twice[1]);
    expect(twice[0]).toBeGreaterThan(0);
  });
});

describe('a whole answer', () => {
  it.each(wires)('is cut, dripped and delayed like a stream: %s', async (wire) => {
    const provider = await start({ respond: { text } });
    const whole = await readAll(await ask(provider, wire));
    const content = JSON.stringify(JSON.parse(whole.text)).replaceAll(/scripted-\d/g, '');
    const startedAt = performance.now();
    provider.script({ text, faults: { delayMs: 30, drip: { bytes: 50, everyMs: 1 } } });
    const dripped = await readAll(await ask(provider, wire));
    expect(performance.now() - startedAt).toBeGreaterThan(29);
    expect(dripped.text.replaceAll(/scripted-\d/g, '')).toBe(content);
    expect(dripped.pieces.length).toBeGreaterThan(2);
    provider.script({ text, faults: { stop: { at: { afterBytes: 20 }, how: 'close' } } });
    const cut = await readAll(await ask(provider, wire));
    expect(cut.text.replace('scripted-2', 'scripted-0')).toBe(whole.text.slice(0, 20));
    expect(cut.failure).toBeInstanceOf(Error);
  });

  it('is half a JSON text in a body that ends well', async () => {
    const provider = await start({ faults: { stop: { at: { afterBytes: 40 }, how: 'end' } } });
    const { text: half, failure } = await readAll(await ask(provider));
    expect(failure).toBeUndefined();
    expect(half).toHaveLength(40);
    expect(() => JSON.parse(half)).toThrow(SyntaxError);
  });

  it.each(['whole', 'stream'] as const)('is giant, and still correct (%s)', async (form) => {
    const padBytes = 5_000_000;
    const provider = await start({ respond: { text }, faults: { padBytes } });
    const response = await ask(provider, 'openai-chat', form);
    expect(response.headers.get('content-length')).toBeNull();
    const { text: body } = await readAll(response);
    expect(body.length).toBeGreaterThan(padBytes);
    if (form === 'whole') expect(JSON.parse(body)).toMatchObject({ choices: [{ message: { content: text } }] });
    else expect(body.trimEnd().endsWith('[DONE]')).toBe(true);
  });

  it('stops when the client disconnects in its middle', async () => {
    const provider = await start({ faults: { padBytes: 200_000_000 } });
    const controller = new AbortController();
    const response = await ask(provider, 'openai-chat', 'whole', { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    expect(await provider.requests[0]?.ended).toBe('aborted');
  });
});

describe('the provider itself', () => {
  it('refuses connections, and accepts them again on the same port', async () => {
    const provider = await start();
    expect((await ask(provider)).status).toBe(200);
    const { url } = provider;
    await provider.refuseConnections();
    await expect(ask(provider)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await provider.acceptConnections();
    expect(provider.url).toBe(url);
    expect((await ask(provider)).status).toBe(200);
  });

  it('ends hanging requests when it is closed', async () => {
    const provider = await start({ faults: { stop: { at: 'before-headers', how: 'stall' } } });
    const hanging = ask(provider);
    hanging.catch(() => undefined);
    await provider.waitForRequests(1);
    await provider.close();
    await expect(hanging).rejects.toThrow('fetch failed');
  });

  it('reports a script that is impossible', async () => {
    const provider = await start({ respond: { text: 'plain', faults: { stop: { at: 'inside-character' } } } });
    const response = await ask(provider);
    expect(response.status).toBe(501);
    expect(await response.text()).toContain('no character of several bytes');
    provider.respond(() => {
      throw new Error('a slip in the test');
    });
    expect(await (await ask(provider)).text()).toContain('a slip in the test');
    provider.respond(() => Promise.reject(new Error('a late slip')));
    expect(await (await ask(provider)).text()).toContain('a late slip');
  });

  it('combines the faults of every reply and of one', async () => {
    const provider = await start({ faults: { delayMs: 20, endBefore: 'terminal' } });
    provider.script({ text, faults: { duplicateFirst: true } });
    const startedAt = performance.now();
    const events = eventsOf((await readAll(await ask(provider, 'openai-chat', 'stream'))).text);
    expect(performance.now() - startedAt).toBeGreaterThan(19);
    expect(events[0]).toBe(events[1]);
    expect(events.join('')).not.toContain('[DONE]');
  });

  it('recognises every wire by its path', async () => {
    const provider = await start();
    for (const wire of wires) {
      for (const form of ['whole', 'stream'] as const) await (await ask(provider, wire, form)).arrayBuffer();
    }
    expect(provider.requests.map(({ wire, isStream }) => [wire, isStream])).toEqual(
      wires.flatMap((wire) => [
        [wire, false],
        [wire, true],
      ]),
    );
  });
});
