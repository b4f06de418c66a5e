import { once } from 'node:events';
import fastify from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventStream, type StreamHead } from '../../../../src/http/v1/event-stream.ts';

const app = fastify();
let url: string;
let changeHead: ((head: StreamHead) => Promise<void>) | undefined;
let stream = Promise.withResolvers<EventStream>();
beforeAll(async () => {
  app.get('/', (request, reply) => {
    const controller = new AbortController();
    stream.resolve(
      new EventStream(reply, { heartbeat: ': waiting\n\n', signal: controller.signal, heartbeatMs: 20, changeHead }),
    );
    void once(request.raw, 'close');
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

it('bridges silence with heartbeats, from before the first event on', async () => {
  stream = Promise.withResolvers();
  const answer = fetch(url);
  const events = await stream.promise;
  const response = await answer; // only a heartbeat can have sent the head
  expect(events.begun).toBe(true);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toContain(': waiting\n\n');
  expect((await reader?.read())?.value).toBe(': waiting\n\n');
  events.write('data: 1\n\n');
  events.end({});
  let rest = '';
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read())
    rest += read.value;
  expect(rest).toMatch(/data: 1\n\n$/);
});

it('sends no heartbeat before its head is settled', async () => {
  stream = Promise.withResolvers();
  const begun = Promise.withResolvers<void>();
  const settled = Promise.withResolvers<void>();
  let changes = 0;
  changeHead = async ({ headers }) => {
    changes++;
    begun.resolve();
    await settled.promise;
    headers['x-settled'] = 'yes';
  };
  const answer = fetch(url);
  const events = await stream.promise;
  await begun.promise; // by the first heartbeat
  expect(events.begun).toBe(false);
  settled.resolve();
  const response = await answer;
  expect(response.headers.get('x-settled')).toBe('yes');
  await events.settleHead();
  expect(changes).toBe(1);
  events.end({});
  await response.text();
});
