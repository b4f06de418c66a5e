/**
 * The two clients that send requests to subgraphs, the gateway’s and undici’s, with a server that writes any bytes,
 * split anywhere: if both accept an answer, it is the same, byte by byte; what only one accepts is undefined in HTTP,
 * and the gateway’s client is never the one that accepts it; in any case the next request has its own answer.
 */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors/index.ts';
import type { SubgraphClient } from '../../src/transport/index.ts';
import { Random } from '../testkit/random/random.ts';
import { newSeed, randomRuns } from '../testkit/random/random-runs.ts';
import { closeSubgraphs, connect, contextOf, listenTcp } from '../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

const crlf = '\r\n';

interface Reply {
  readonly bytes: Buffer;
  /** Whether HTTP defines exactly one meaning. */
  readonly isPlain: boolean;
  /** What becomes of the connection when the bytes have been written. */
  readonly ending: 'stay' | 'end' | 'reset';
}

function chunked(body: Buffer, random: Random): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + random.below(random.chance(0.5) ? 20 : 20_000));
    const extension = random.chance(0.1) ? ';name="value"' : '';
    const digits = random.chance(0.3) ? size.toString(16).toUpperCase() : size.toString(16);
    pieces.push(Buffer.from(`${digits}${extension}${crlf}`), body.subarray(at, at + size), Buffer.from(crlf));
    at += size;
  }
  const trailers = random.chance(0.1) ? `x-checksum: 1${crlf}` : '';
  return Buffer.concat([...pieces, Buffer.from(`0${crlf}${trailers}${crlf}`)]);
}

/** What a subgraph may write: mostly good answers in odd clothes, and faults of every kind. */
function replyOf(seed: number, turn: string): Reply {
  const random = new Random(seed);
  const text = 'é\u{1f600}x'.repeat(random.below(random.chance(0.2) ? 40_000 : 30));
  const body = Buffer.from(JSON.stringify({ data: { turn, text } }));
  const headers = ['content-type: application/json'];
  if (random.chance(0.3)) headers.push('X-Odd:\t  value with spaces \t', 'x-empty:', 'X-Odd: again');
  if (random.chance(0.1)) headers.push('keep-alive: timeout=5');
  const closes = random.chance(0.1);
  if (closes) headers.push('Connection: Close');
  const isChunked = random.chance(0.4);
  headers.push(isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`);
  let payload = isChunked ? chunked(body, random) : body;
  let status = random.pick(['200 OK', '200 OK', '200', '200 ', '201 Created', '500 Internal Server Error']);
  let before = random.chance(0.1) ? `HTTP/1.1 103 Early Hints${crlf}link: </a>${crlf}${crlf}` : '';
  let isPlain = true;
  let end: Reply['ending'] = closes ? 'end' : 'stay';
  const fault = random.chance(0.5) ? random.below(16) : -1;
  const faults: (() => void)[] = [
    () => headers.push(`Content-Length: ${body.length}`), // a second length, or one beside chunks
    () => headers.push(`Content-Length: ${body.length + 1}`),
    () => headers.push('Transfer-Encoding: gzip, chunked'),
    () => headers.push(' folded: line'),
    () => headers.push('bad name: x'),
    () => headers.push('x-control: a\u0001b'),
    () => headers.push('no-colon'),
    () => (status = 'OK 200'),
    () => (before = `HTTP/1.1 100 Continue${crlf}${crlf}`),
    () => (status = '101 Switching Protocols'),
    () => (payload = Buffer.concat([payload, Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')])),
    () => (payload = Buffer.concat([payload, Buffer.from('garbage')])),
    () => (payload = payload.subarray(0, random.below(payload.length))),
    () => (payload = Buffer.from(`zz${crlf}${crlf}`)),
    () => (before = 'garbage'),
    () => (before = '\n\n'),
  ];
  const head = () => Buffer.from(`${before}HTTP/1.1 ${status}${crlf}${headers.join(crlf)}${crlf}${crlf}`, 'latin1');
  if (fault >= 0) {
    isPlain = false;
    faults[fault]?.();
    end = random.pick(['end', 'reset', 'end']);
  }
  let bytes = Buffer.concat([head(), payload]);
  if (random.chance(0.1)) {
    isPlain = false;
    bytes = bytes.subarray(0, random.below(bytes.length));
    end = random.pick(['end', 'reset']);
  }
  return { bytes, isPlain, ending: end };
}

/** Answers the request `{ seed, turn }` with that reply, its bytes cut at random, and any other with its turn. */
function serve(socket: Socket): void {
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    const end = received.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1]);
    if (end === -1 || received.length < end + 4 + length) return;
    const { variables } = JSON.parse(received.slice(end + 4, end + 4 + length)) as {
      variables: { seed?: number; turn: string };
    };
    received = received.slice(end + 4 + length);
    void write(socket, variables.seed, variables.turn);
  });
}

async function write(socket: Socket, seed: number | undefined, turn: string): Promise<void> {
  if (seed === undefined) {
    const body = JSON.stringify({ data: { turn } });
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    return;
  }
  const { bytes, ending } = replyOf(seed, turn);
  const random = new Random(seed + 1);
  for (let at = 0; at < bytes.length && !socket.destroyed; ) {
    const size = random.chance(0.5) ? bytes.length : 1 + random.below(bytes.length < 400 ? 40 : 8_000);
    socket.write(bytes.subarray(at, at + size));
    at += size;
    if (random.chance(0.7)) await new Promise(setImmediate);
  }
  if (ending === 'end') socket.end();
  else if (ending === 'reset') socket.resetAndDestroy();
}

type Came = { readonly data: unknown } | { readonly code: string };

async function ask(client: SubgraphClient, variables: Readonly<Record<string, unknown>>): Promise<Came> {
  const request = { kind: 'mutation', query: 'mutation { a }', variables } as const; // never sent twice
  try {
    const { data } = await client.execute(request, contextOf());
    return { data };
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code };
    throw error;
  }
}

const runs = randomRuns(400);

describe('our client for subgraphs and undici’s', () => {
  it('read the same answers from any bytes, and leave nothing for the next request', {
    timeout: 3_600_000,
  }, async () => {
    const url = await listenTcp(serve);
    const options = { retries: 0, timeoutMs: 1_500, shareIdentical: false } as const;
    const first = newSeed('two clients');
    const outcomes = { same: 0, stricter: 0, refused: 0 };
    const batch = 20;
    for (let from = first; from < first + runs; from += batch) {
      const seeds = Array.from({ length: batch }, (_, index) => from + index);
      await Promise.all(
        seeds.map(async (seed) => {
          const turn = `turn ${seed}`;
          const { isPlain } = replyOf(seed, turn);
          // Separate clients: a connection that another reply has closed would fail this one.
          const lean = connect(url, { ...options, client: 'lean' });
          const undici = connect(url, { ...options, client: 'undici' });
          const [ours, theirs] = await Promise.all([ask(lean, { seed, turn }), ask(undici, { seed, turn })]);
          if (isPlain || 'data' in ours) expect(ours, `seed ${seed}`).toEqual(theirs);
          else if ('data' in theirs) outcomes.stricter++;
          outcomes['data' in ours ? 'same' : 'refused']++;
          // An answer that is taken is the one that was written for this request.
          if ('data' in ours && ours.data !== null) expect(ours.data, `seed ${seed}`).toMatchObject({ turn });
          const next = await ask(lean, { turn: `after ${seed}` });
          if ('data' in next) expect(next).toEqual({ data: { turn: `after ${seed}` } });
          // A connection that the server closes at that moment fails a mutation, and the failure is reported.
          else expect(next.code).toBe('SUBREQUEST_HTTP_ERROR');
          await Promise.all([lean.close(), undici.close()]);
        }),
      );
    }
    console.log(JSON.stringify(outcomes));
    expect(outcomes.same).toBeGreaterThan(runs / 3);
    expect(outcomes.refused).toBeGreaterThan(runs / 10);
  });
});
