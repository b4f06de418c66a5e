import { once } from 'node:events';
import fastify from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventStream } from '../../../../src/http/v1/event-stream.ts';

const app = fastify();
let url: string;
let stream = Promise.withResolvers<EventStream>();
beforeAll(async () => {
  app.get('/', (request, reply) => {
    const controller = new AbortController();
    stream.resolve(new EventStream(reply, { heartbeat: ': waiting\n\n', signal: controller.signal, heartbeatMs: 20 }));
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
