/**
 * Endpoints with their own dialect of OpenAI’s responses wire, behind a whole gateway and read by the vendors’ own
 * clients: what they omit, number differently or add is normalised or skipped, for each wire of the client; a cut or an
 * error is reported as an error. Each line of the tables is one deviation that was seen or is possible.
 */
import { describe, it } from 'vitest';
import { type Case, deviantProvider, hello, type Json, one, sse, two } from './deviant-provider.ts';

const provider = deviantProvider('responses');

describe('the responses wire', () => {
  const counts = { input_tokens: 12, output_tokens: 5, total_tokens: 17 };
  const response = (more: Json = {}): Json => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'in_progress',
    model: 'm',
    output: [],
    ...more,
  });
  const message = (text: string, status: string): Json => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status,
    content: text === '' ? [] : [{ type: 'output_text', text, annotations: [] }],
  });
  const part = (text: string): Json => ({ type: 'output_text', text, annotations: [] });
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const created = { type: 'response.created', response: response() };
  const added = { type: 'response.output_item.added', output_index: 0, item: message('', 'in_progress') };
  const partAdded = { type: 'response.content_part.added', ...place, part: part('') };
  const delta = (text: string): Json => ({ type: 'response.output_text.delta', ...place, delta: text });
  const textDone = { type: 'response.output_text.done', ...place, text: 'Hello' };
  const partDone = { type: 'response.content_part.done', ...place, part: part('Hello') };
  const itemDone = { type: 'response.output_item.done', output_index: 0, item: message('Hello', 'completed') };
  const ends = (more: Json = {}): Json => ({
    type: 'response.completed',
    response: response({ status: 'completed', output: [message('Hello', 'completed')], usage: counts, ...more }),
  });
  const middle = [added, partAdded, delta('Hel'), delta('lo'), textDone, partDone, itemDone];
  const told = { ...hello, usage: [12, 5] };
  const plain = sse(created, ...middle, ends());
  const fc = (index: number, more: Json): Json => ({
    id: `fc_${index}`,
    type: 'function_call',
    call_id: `call_${index}`,
    name: index === 0 ? 'w' : 'x',
    arguments: '',
    status: 'in_progress',
    ...more,
  });
  const whole = (index: number, more: Json = {}) =>
    fc(index, { arguments: `{"c":${index + 1}}`, status: 'completed', ...more });
  const begin = (index: number, more: Json = {}, event: Json = {}): Json => ({
    type: 'response.output_item.added',
    output_index: index,
    item: fc(index, more),
    ...event,
  });
  const args = (index: number, written: string, event: Json = {}): Json => ({
    type: 'response.function_call_arguments.delta',
    output_index: index,
    item_id: `fc_${index}`,
    delta: written,
    ...event,
  });
  const finish = (index: number, more: Json = {}): Json => ({
    type: 'response.output_item.done',
    output_index: index,
    item: whole(index, more),
  });
  const nameless = { output_index: undefined };

  it.each<Case>([
    ['as OpenAI writes it', plain, told],
    ['without its beginning', sse(...middle, ends()), told],
    ['without the beginnings of items and parts', sse(created, delta('Hel'), delta('lo'), ends()), told],
    ['with its end alone', sse(ends()), told],
    ['with nothing between beginning and end', sse(created, ends()), told],
    ['with an end that tells no items', sse(created, ...middle, ends({ output: [] })), told],
    ['with an end that lacks its output', sse(created, ...middle, ends({ output: undefined })), told],
    ['with an end that says it goes on', sse(created, ...middle, ends({ status: 'in_progress' })), hello],
    [
      'with an end that has only an id',
      sse(created, ...middle, { type: 'response.completed', response: { id: 'resp_1' } }),
      hello,
    ],
    [
      'with something newer among its events',
      sse(created, { type: 'response.newer.delta', delta: 'x' }, ...middle, ends()),
      told,
    ],
    ['with types only as names', plain.replaceAll(/^data: \{"type":"[^"]+",/gm, 'data: {'), told],
    ['with types only in the data', plain.replaceAll(/^event: .*\n/gm, ''), told],
    [
      'with ids that change',
      sse(
        created,
        ...middle.map((event, at) => JSON.parse(JSON.stringify(event).replaceAll('msg_1', `msg_${at}`)) as Json),
        ends({ id: 'resp_2' }),
      ),
      told,
    ],
    ['with a last event that lacks its last brace', plain.replace(/\}\n\n$/, '\n\n'), told],
    ['with [DONE]', `${plain}data: [DONE]\n\n`, told],
    [
      'with CRLF, comments and pings',
      `: ping\r\n\r\nevent: ping\r\ndata: {}\r\n\r\n${plain.replaceAll('\n', '\r\n')}`,
      told,
    ],
    [
      'with pieces that were lost',
      sse(created, added, partAdded, delta('Hel'), textDone, partDone, itemDone, ends()),
      told,
    ],
    [
      'with a call',
      sse(created, begin(0), args(0, '{"c":'), args(0, '1}'), finish(0), ends({ output: [whole(0)] })),
      one,
    ],
    [
      'with a call whose pieces were lost',
      sse(created, begin(0), args(0, '{"c'), finish(0), ends({ output: [whole(0)] })),
      one,
    ],
    ['with a call that comes whole', sse(created, finish(0), ends({ output: [whole(0)] })), one],
    ['with a call’s pieces before it', sse(created, args(0, '{"c":1}'), finish(0), ends({ output: [whole(0)] })), one],
    [
      'with a call without call_id',
      sse(
        created,
        begin(0, { call_id: undefined }),
        args(0, '{"c":1}'),
        finish(0, { call_id: undefined }),
        ends({ output: [whole(0, { call_id: undefined })] }),
      ),
      one,
    ],
    [
      'with two calls side by side',
      sse(
        created,
        begin(0),
        begin(1),
        args(1, '{"c":'),
        args(0, '{"c":1}'),
        args(1, '2}'),
        finish(1),
        finish(0),
        ends({ output: [whole(0), whole(1)] }),
      ),
      two,
    ],
    [
      'with two calls told apart by id',
      sse(
        created,
        begin(0, {}, nameless),
        begin(1, {}, nameless),
        args(0, '{"c":', nameless),
        args(1, '{"c":2}', nameless),
        args(0, '1}', nameless),
        ends({ output: [whole(0), whole(1)] }),
      ),
      two,
    ],
  ])('%s is read by every client as a stream', async (_what, body, expected) => {
    await provider.isRead(body, true, expected);
  });

  it.each<[string, string]>([
    ['no end', sse(created, ...middle)],
    ['[DONE] for an end', sse(created, ...middle, 'data: [DONE]\n\n')],
    ['an error event', sse(created, added, partAdded, delta('Hel'), { type: 'error', code: 'x', message: 'boom' })],
    [
      'its failure',
      sse(created, added, partAdded, delta('Hel'), {
        type: 'response.failed',
        response: response({ status: 'failed', error: { code: 'server_error', message: 'boom' } }),
      }),
    ],
    [
      'pieces in another order',
      sse(created, added, partAdded, delta('lo'), delta('Hel'), textDone, partDone, itemDone, ends()),
    ],
    [
      'a call’s pieces in another order',
      sse(created, begin(0), args(0, '1}'), args(0, '{"c":'), finish(0), ends({ output: [whole(0)] })),
    ],
  ])('a stream that holds %s fails for every client', async (_what, body) => {
    await provider.fails(body, true);
  });

  const body = (more: Json = {}) => JSON.stringify((ends(more) as { response: Json }).response);
  it.each<Case>([
    ['as OpenAI writes it', body(), told],
    ['without a status', body({ status: undefined }), told],
    [
      'without ids',
      body({ id: undefined, output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }] }),
      told,
    ],
    [
      'with something newer among its items',
      body({ output: [{ type: 'newer' }, message('Hello', 'completed')] }),
      told,
    ],
    ['with its text as a text', body({ output: [{ ...message('', 'completed'), content: 'Hello' }] }), told],
    ['with a call without ids', body({ output: [{ type: 'function_call', name: 'w', arguments: '{"c":1}' }] }), one],
  ])('%s is read by every client whole', async (_what, text, expected) => {
    await provider.isRead(text, false, expected);
  });

  it.each<[string, string]>([
    ['failed', body({ status: 'failed', error: { code: 'server_error', message: 'x' }, output: [] })],
    ['not ended', body({ status: 'queued', output: [] })],
    ['an error', JSON.stringify({ error: { message: 'boom' } })],
  ])('a body of status 200 that is %s fails for every client', async (_what, text) => {
    await provider.fails(text, false);
  });
});
