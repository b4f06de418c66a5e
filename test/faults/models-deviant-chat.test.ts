/**
 * Endpoints with their own dialect of OpenAI’s chat completions wire, behind a whole gateway and read by the vendors’
 * own clients: what they omit, number differently or add is normalised or skipped, for each wire of the client; a cut or
 * an error is reported as an error. Each line of the tables is one deviation that was seen or is possible.
 */
import { describe, expect, it } from 'vitest';
import { type Case, called, deviantProvider, hello, type Json, one, sse, two } from './deviant-provider.ts';

const provider = deviantProvider('chat');

describe('the chat wire', () => {
  const chunk = (delta: unknown, finish: string | null = null, more: Json = {}): Json => ({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });
  const said = (content: string, more: Json = {}) => chunk({ content }, null, more);
  const first = chunk({ role: 'assistant', content: '' });
  const stop = chunk({}, 'stop');
  const done = 'data: [DONE]\n\n';
  const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
  const early = { ...usage, completion_tokens: 1 };
  const told = { ...hello, usage: [12, 5] };
  const call = (piece: Json) => chunk({ tool_calls: [piece] });
  const fn = (name: unknown, written: unknown) => ({ name, arguments: written });
  const toolEnd = [chunk({}, 'tool_calls'), done] as const;
  const plain = sse(first, said('Hel'), said('lo'), stop, done);

  it.each<Case>([
    ['as OpenAI writes it', plain, hello],
    ['without a role', sse(said('Hel'), said('lo'), stop, done), hello],
    [
      'without ids, numbers and null',
      sse({ choices: [{ delta: { content: 'Hello' } }] }, { choices: [{ delta: {}, finish_reason: 'stop' }] }, done),
      hello,
    ],
    ['with a null delta', sse(chunk(null), said('Hello'), chunk(undefined, 'stop'), done), hello],
    ['with content in parts', sse(chunk({ content: [{ type: 'text', text: 'Hello' }] }), stop, done), hello],
    ['with its finish before its text', sse(stop, said('Hello'), done), hello],
    ['with its finish twice', sse(said('Hello'), stop, stop, done), hello],
    ['with a finish reason of its own', sse(said('Hello'), chunk({}, 'eos_token'), done), hello],
    ['with something newer among its events', sse(said('Hel'), { type: 'newer' }, said('lo'), stop, done), hello],
    ['with an object that is no chunk', sse(said('Hello'), { object: 'metadata' }, stop, done), hello],
    ['with usage at the end', sse(said('Hello'), stop, { id: 'c1', choices: [], usage }, done), told],
    ['with usage twice', sse(said('Hello'), chunk({}, 'stop', { usage }), chunk({}, null, { usage }), done), told],
    [
      'with usage null in each chunk',
      sse(said('Hello', { usage: null }), chunk({}, 'stop', { usage: null }), { choices: [], usage }, done),
      told,
    ],
    ['with usage in each chunk', sse(said('Hello', { usage: early }), chunk({}, 'stop', { usage }), done), told],
    ['with usage alone', sse(said('Hello'), stop, { usage }, done), told],
    [
      'with usage that cannot be',
      sse(said('Hello'), stop, { choices: [], usage: { prompt_tokens: 1.5, completion_tokens: -1 } }, done),
      { ...hello, usage: [expect.any(Number), 2] },
    ],
    ['with CRLF', plain.replaceAll('\n', '\r\n'), hello],
    ['with CR', plain.replaceAll('\n', '\r'), hello],
    [
      'with comments and pings',
      sse(': ping\n\n', first, 'event: ping\ndata: {}\n\n', said('Hello'), stop, done),
      hello,
    ],
    ['with empty events', sse('data:\n\n', said('Hello'), 'data: \n\n', stop, done), hello],
    ['with ids and a retry time', `id: 1\nretry: 100\n${plain}`, hello],
    ['with an event in several lines', plain.replace(',"choices"', ',\ndata: "choices"'), hello],
    ['with blanks after [DONE]', plain.replace('[DONE]', '[DONE] '), hello],
    ['that goes on after [DONE]', sse(plain, said(' more'), done), hello],
    [
      'with a call in fragments',
      sse(
        call({ index: 0, id: 'a', type: 'function', function: fn('w', '') }),
        call({ index: 0, function: fn(undefined, '{"c":') }),
        call({ index: 0, function: fn(undefined, '1}') }),
        ...toolEnd,
      ),
      one,
    ],
    [
      'with a call’s fragments without index',
      sse(
        call({ id: 'a', type: 'function', function: fn('w', '{"c"') }),
        call({ function: fn(undefined, ':1}') }),
        ...toolEnd,
      ),
      one,
    ],
    [
      'with a call without id and type',
      sse(
        call({ index: 0, function: fn('w', '{"c"') }),
        call({ index: 0, function: fn(undefined, ':1}') }),
        ...toolEnd,
      ),
      one,
    ],
    [
      'with a call counted from 1',
      sse(call({ index: 1, id: 'a', type: 'function', function: fn('w', '{"c":1}') }), ...toolEnd),
      one,
    ],
    [
      'with null for what was said before',
      sse(
        call({ index: 0, id: 'a', type: 'function', function: fn('w', null) }),
        call({ index: 0, id: null, function: fn(null, '{"c":1}') }),
        ...toolEnd,
      ),
      one,
    ],
    ['with arguments as an object', sse(call({ index: 0, id: 'a', function: fn('w', { c: 1 }) }), ...toolEnd), one],
    [
      'with a call without arguments',
      sse(call({ index: 0, id: 'a', type: 'function', function: { name: 'w' } }), ...toolEnd),
      called(['w', {}]),
    ],
    [
      'with two calls in one chunk',
      sse(
        chunk(
          {
            tool_calls: [
              { index: 0, id: 'a', type: 'function', function: fn('w', '{"c":1}') },
              { index: 1, id: 'b', type: 'function', function: fn('x', '{"c":2}') },
            ],
          },
          'tool_calls',
        ),
        done,
      ),
      two,
    ],
    [
      'with two calls side by side',
      sse(
        call({ index: 0, id: 'a', type: 'function', function: fn('w', '{"c"') }),
        call({ index: 1, id: 'b', type: 'function', function: fn('x', '{"c"') }),
        call({ index: 1, function: fn(undefined, ':2}') }),
        call({ index: 0, function: fn(undefined, ':1}') }),
        ...toolEnd,
      ),
      two,
    ],
    [
      'with two calls of one number',
      sse(
        call({ index: 0, id: 'a', function: fn('w', '{"c":1}') }),
        call({ index: 0, id: 'b', function: fn('x', '{"c":2}') }),
        ...toolEnd,
      ),
      two,
    ],
    [
      'with two calls told apart by id',
      sse(
        call({ id: 'a', function: fn('w', '{"c"') }),
        call({ id: 'a', function: fn(undefined, ':1}') }),
        call({ id: 'b', function: fn('x', '{"c":2}') }),
        ...toolEnd,
      ),
      two,
    ],
    [
      'with calls that have neither',
      sse(call({ function: fn('w', '{"c":1}') }), call({ function: fn('x', '{"c":2}') }), ...toolEnd),
      two,
    ],
    [
      'with reasoning',
      sse(chunk({ reasoning_content: 'Hm' }), chunk({ reasoning: '.', content: null }), said('Hello'), stop, done),
      hello,
    ],
  ])('%s is read by every client as a stream', async (_what, body, expected) => {
    await provider.isRead(body, true, expected);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['only its end', done],
    ['no end', sse(said('Hello'))],
    ['no finish', sse(said('Hello'), done)],
    ['half an event', sse(said('Hello'), stop).slice(0, -20)],
    [
      'an error event in the middle',
      sse(said('Hel'), 'event: error\ndata: {"error":{"message":"boom"}}\n\n', stop, done),
    ],
    ['an error event in words', sse(said('Hel'), 'event: error\ndata: boom\n\n', stop, done)],
    ['an error among its chunks', sse(said('Hel'), { error: { message: 'boom', code: 502 } }, done)],
    ['an error at once', sse({ error: { message: 'slow', code: 429 } }, done)],
    ['a finish that is an error', sse(said('Hel'), chunk({}, 'error'), done)],
    ['words', sse(said('Hel'), 'data: oops\n\n', stop, done)],
  ])('a stream that holds %s fails for every client', async (_what, body) => {
    await provider.fails(body, true);
  });

  const whole = (message: unknown, choice: Json = {}, more: Json = {}): string =>
    JSON.stringify({
      id: 'c1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop', ...choice }],
      usage,
      ...more,
    });
  const assistant = { role: 'assistant', content: 'Hello', refusal: null };

  it.each<Case>([
    ['as OpenAI writes it', whole(assistant), told],
    ['without role and refusal', whole({ content: 'Hello' }), told],
    [
      'without a finish reason',
      whole(assistant, { finish_reason: undefined }),
      { ...told, finish: expect.stringMatching(/stop|completed|end_turn/) },
    ],
    [
      'with a finish reason of its own',
      whole(assistant, { finish_reason: 'eos' }),
      { finish: expect.stringMatching(/stop|completed|end_turn/) },
    ],
    ['with nothing else', JSON.stringify({ choices: [{ message: { content: 'Hello' } }] }), hello],
    [
      'with content in parts',
      whole({
        ...assistant,
        content: [
          { type: 'text', text: 'Hel' },
          { type: 'text', text: 'lo' },
        ],
      }),
      told,
    ],
    ['with a byte order mark', `\ufeff${whole(assistant)}`, told],
    ['with error: null', whole(assistant, {}, { error: null }), told],
    [
      'with calls that lack ids and types',
      whole(
        { content: null, tool_calls: [{ function: fn('w', '{"c":1}') }, { id: 'b', function: fn('x', { c: 2 }) }] },
        { finish_reason: 'tool_calls' },
      ),
      two,
    ],
    [
      'with a call’s arguments empty',
      whole({ ...assistant, content: '', tool_calls: [{ id: 'a', type: 'function', function: fn('w', '') }] }),
      called(['w', {}]),
    ],
  ])('%s is read by every client whole', async (_what, body, expected) => {
    await provider.isRead(body, false, expected);
  });

  it.each<[string, string]>([
    ['an error', JSON.stringify({ error: { message: 'boom', type: 'server_error' } })],
    ['an error in words', JSON.stringify({ error: 'overloaded' })],
    ['an error that lies flat', JSON.stringify({ object: 'error', message: 'boom', code: 40001 })],
    ['a choice that is an error', whole({ content: 'Network connection lost.' }, { finish_reason: 'error' })],
    ['no choice', whole(undefined, {}, { choices: [] })],
    ['an empty object', '{}'],
    ['an array', '[]'],
    ['a page', '<html>'],
    ['nothing', ''],
  ])('a body of status 200 that is %s fails for every client', async (_what, body) => {
    await provider.fails(body, false);
  });
});
