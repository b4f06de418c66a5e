/** A gateway that is stopped between two requests of a connection: the second, which was sent already, is answered. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway } from '../../testkit/test-gateway.ts';

const body = JSON.stringify({ query: '{ products { name } }' });
const sent = `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

it('a request that is on its way when the gateway is stopped is answered, and ends its connection', async () => {
  await using gateway = await startTestGateway({ subgraphs: shop });
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += String(chunk);
  });
  const closed = once(socket, 'close');
  socket.write(sent);
  await expect.poll(() => received).toContain('"products"');
  received = '';
  const drained = gateway.server.drain();
  socket.write(sent);
  await closed;
  expect(received).toMatch(/^HTTP\/1\.1 200 /);
  expect(received).toMatch(/^connection: close\r$/im);
  expect(received).toContain('"products"');
  expect(await drained).toBe(true);
});
