import { brotliCompressSync, brotliDecompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { closeSubgraphs, codeOf, connect, contextOf, listen, query } from '../../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

const answer = JSON.stringify({ data: { a: 'ü'.repeat(2_000) } });
const answering = (body: Buffer, encoding: string) =>
  listen((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body));

describe('an answer', () => {
  it.each([
    ['gzip', gzipSync(answer), 'gzip'],
    ['br', brotliCompressSync(answer), 'br'],
    ['deflate', deflateSync(answer), 'deflate'],
    ['bare deflate, as some servers send it', deflateRawSync(answer), 'deflate'],
    ['GZIP', gzipSync(answer), 'GZIP'],
    ['identity', Buffer.from(answer), 'identity'],
  ])('in %s is decoded', async (_name, body, encoding) => {
    expect(await connect(await answering(body, encoding)).execute(query, contextOf())).toEqual(JSON.parse(answer));
  });

  it.each([
    ['an encoding nobody asked for', Buffer.from(answer), 'zstd'],
    ['a name of Object.prototype', Buffer.from(answer), 'constructor'],
    ['gzip that is none', Buffer.from(answer), 'gzip'],
    ['half a gzip', gzipSync(answer).subarray(0, 20), 'gzip'],
  ])('in %s is coded', async (_name, body, encoding) => {
    expect(await codeOf(connect(await answering(body, encoding)).execute(query, contextOf()))).toBe(
      'SUBREQUEST_MALFORMED_RESPONSE',
    );
  });

  it('is cut at the limit of decoded bytes, against compression bombs', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, ' '));
    const client = connect(await answering(bomb, 'gzip'), { maxResponseBytes: 1_000_000 });
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(client.execute(query, contextOf()))).toBe('SUBREQUEST_MALFORMED_RESPONSE');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
});

describe('a request body', () => {
  async function sent(compression: 'none' | 'gzip' | 'br', text: string) {
    const seen = Promise.withResolvers<{ encoding: string | undefined; accept: string | undefined; body: Buffer }>();
    const url = await listen((request, response) => {
      const chunks: Buffer[] = [];
      request
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .once('end', () => {
          seen.resolve({
            encoding: request.headers['content-encoding'],
            accept: request.headers['accept-encoding'] as string | undefined,
            body: Buffer.concat(chunks),
          });
          response.end('{"data":{}}');
        });
    });
    await connect(url, { compression }).execute({ ...query, variables: { text } }, contextOf());
    return seen.promise;
  }
  const long = 'x'.repeat(5_000);

  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const)(
    'is compressed by %s if configured, which also accepts compressed answers',
    async (compression, decode) => {
      const { encoding, accept, body } = await sent(compression, long);
      expect(encoding).toBe(compression);
      expect(accept).toBe('gzip, br, deflate');
      expect(body.length).toBeLessThan(500);
      expect(JSON.parse(decode(body).toString())).toEqual({ query: query.query, variables: { text: long } });
    },
  );

  it('is not compressed if it is short, and by default', async () => {
    expect(await sent('gzip', 'short')).toMatchObject({ encoding: undefined, accept: 'gzip, br, deflate' });
    expect(await sent('none', long)).toMatchObject({ encoding: undefined, accept: undefined });
  });
});
