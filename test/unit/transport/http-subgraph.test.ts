import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { anonymous } from '../../../src/access/principal.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { Deadline } from '../../../src/lib/index.ts';
import { createHttpSubgraph, type RequestContext } from '../../../src/transport/index.ts';
import { safetyLimit } from '../../testkit/safety-limit.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function subgraph(listener: RequestListener, options: { timeoutMs?: number; maxResponseBytes?: number } = {}) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const client = createHttpSubgraph({ name: 'shop', url, timeoutMs: 2_000, ...options });
  cleanups.push(
    () => client.close(),
    () => server.closeAllConnections(),
    () => void server.close(),
  );
  return client;
}

function context(signal = new AbortController().signal): RequestContext {
  return { requestId: 'r-1', principal: anonymous, signal, deadline: Deadline.in(10_000) };
}

const query = { kind: 'query', query: '{ a }', variables: { x: 1 } } as const;
const answer =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };

async function codeOf(work: Promise<unknown>): Promise<string> {
  const failure: unknown = await work.catch((error: unknown) => error);
  if (failure instanceof GatewayError) return failure.code;
  throw failure instanceof Error ? failure : new Error('it succeeded');
}

describe('a subgraph over HTTP', () => {
  it('receives the operation with its variables and the request id, and its data is returned', async () => {
    const seen: unknown[] = [];
    const client = await subgraph((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => {
        seen.push(request.method, request.headers['x-request-id'], JSON.parse(text));
        response.end('{"data":{"a":1}}');
      });
    });
    expect(await client.execute(query, context())).toEqual({ data: { a: 1 } });
    expect(seen).toEqual(['POST', 'r-1', { query: '{ a }', variables: { x: 1 } }]);
  });

  it.each([
    ['200 with HTML', 200, '<html>', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['200 with half a body', 200, '{"data":', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['200 with a list', 200, '[]', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['200 with nothing in it', 200, '{}', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['200 with data that is a string', 200, '{"data":"x"}', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['200 with errors that are an object', 200, '{"data":{},"errors":{}}', 'SUBREQUEST_MALFORMED_RESPONSE'],
    ['418 with text', 418, 'teapot', 'SUBREQUEST_HTTP_ERROR'],
    ['500 with other JSON', 500, '{"message":"no"}', 'SUBREQUEST_HTTP_ERROR'],
  ])('that answers %s is coded', async (_name, status, body, code) => {
    const client = await subgraph(answer(status, body));
    expect(await codeOf(client.execute(query, context()))).toBe(code);
  });

  it('may answer GraphQL errors with any status', async () => {
    const client = await subgraph(
      answer(500, '{"errors":[{"message":"m","path":["a",0],"extensions":{"code":"X"}},7,{}]}'),
    );
    expect(await client.execute(query, context())).toEqual({
      errors: [
        { message: 'm', path: ['a', 0], extensions: { code: 'X' } },
        { message: 'an error that is not an object' },
        { message: 'an error without a message' },
      ],
    });
  });

  it('cannot redirect the gateway to another host', async () => {
    let redirected = false;
    const target = await subgraph(() => {
      redirected = true;
    });
    void target;
    const client = await subgraph(answer(307, '', { location: 'http://169.254.169.254/' }));
    expect(await codeOf(client.execute(query, context()))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(redirected).toBe(false);
  });

  it.each([
    ['never answers', () => {}],
    ['sends its headers and nothing more', (_request, response) => void response.writeHead(200).flushHeaders()],
    [
      'drips a byte at a time',
      (_request, response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ] as [string, RequestListener][])('that %s times out as a whole', async (_name, listener) => {
    const client = await subgraph(listener, { timeoutMs: 150 });
    const began = performance.now();
    expect(await codeOf(client.execute(query, context()))).toBe('SUBGRAPH_REQUEST_TIMEOUT');
    expect(performance.now() - began).toBeLessThan(safetyLimit(150));
  });

  it('that answers without end is cut at the limit', async () => {
    let written = 0;
    const client = await subgraph(
      (_request, response) => {
        const write = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000))) written += 10_000;
          if (!response.destroyed) response.once('drain', write);
        };
        write();
      },
      { maxResponseBytes: 100_000 },
    );
    expect(await codeOf(client.execute(query, context()))).toBe('SUBREQUEST_MALFORMED_RESPONSE');
    expect(written).toBeLessThan(20_000_000);
  });

  it('that breaks the connection is coded', async () => {
    const client = await subgraph((request) => request.socket.destroy());
    expect(await codeOf(client.execute(query, context()))).toBe('SUBREQUEST_HTTP_ERROR');
  });

  it('that does not exist is a coded error', async () => {
    const client = createHttpSubgraph({ name: 'gone', url: 'http://127.0.0.1:1/graphql', timeoutMs: 1_000 });
    expect(await codeOf(client.execute(query, context()))).toBe('SUBREQUEST_HTTP_ERROR');
    await client.close();
  });

  it('sees the request aborted when the client disconnects', async () => {
    const controller = new AbortController();
    const closed = Promise.withResolvers<void>();
    const client = await subgraph((request) => {
      request.socket.once('close', () => closed.resolve());
      controller.abort(new Error('the client left'));
    });
    await expect(client.execute(query, context(controller.signal))).rejects.toThrow('the client left');
    await closed.promise;
  });
});
