import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LongText } from '../../../../src/execution/index.ts';
import { sendPieces } from '../../../../src/http/graphql/send-pieces.ts';

const piece = Buffer.alloc(100_000, 'x');
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function serve(middle: () => Generator<Buffer, void, void>, failures: unknown[] = []): Promise<number> {
  const server = createServer((_request, response) => {
    sendPieces(response, new LongText('{', middle, '}'), (error) => failures.push(error));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function* failing(): Generator<Buffer, void, void> {
  for (let count = 0; count < 20; count++) yield Buffer.from(piece);
  throw new Error('out of words');
}

describe('an answer that cannot be written to its end', () => {
  it('is no answer: its connection is reset, whatever was read of it', async () => {
    const failures: unknown[] = [];
    const port = await serve(failing, failures);
    const request = get({ port, host: '127.0.0.1' }).on('error', () => {});
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const reading = (async () => {
      for await (const chunk of response) void chunk;
    })();
    await expect(reading).rejects.toThrow('aborted');
    expect(response.complete).toBe(false);
    expect(failures).toMatchObject([{ message: 'out of words' }]);
  });

  it('does not end in order for a client of HTTP/1.0 either', async () => {
    const port = await serve(failing);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    const reading = (async () => {
      for await (const chunk of socket) void chunk;
    })();
    await expect(reading).rejects.toThrow('ECONNRESET');
  });
});

describe('a client that reads nothing', () => {
  it('has a few pieces made for it, and none once it has left', async () => {
    let made = 0;
    let hasEnded = false;
    const port = await serve(function* () {
      try {
        for (;;) {
          made++;
          yield Buffer.from(piece);
        }
      } finally {
        hasEnded = true;
      }
    });
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    let last = -1;
    await expect
      .poll(() => {
        const isSteady = made > 0 && made === last;
        last = made;
        return isSteady;
      })
      .toBe(true);
    expect(made).toBeLessThan(500);
    socket.destroy();
    await expect.poll(() => hasEnded).toBe(true);
  });
});
