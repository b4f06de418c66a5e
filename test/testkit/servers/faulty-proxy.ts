/**
 * A TCP proxy that delays, splits, resets and smuggles: what happens on a connection is decided for each answer by a seed.
 * It never changes the bytes of an answer, so that whoever takes one takes what its upstream wrote.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../random/random.ts';

export const proxyFaults = [
  'none',
  'split', // into pieces of any length, each in a turn of its own
  'delay', // by some milliseconds
  'reset request', // before all of it is handed on
  'reset unanswered', // once the upstream has it
  'reset answer', // in its midst
  'end answer', // in its midst, as if it were whole
  'reset after', // as soon as the answer is whole: a connection that is kept has gone
  'end after',
  'smuggle answer', // another whole answer with its last byte
  'smuggle bytes', // what is no answer with its last byte
] as const;

export type ProxyFault = (typeof proxyFaults)[number];

const smuggled = JSON.stringify({ data: { turn: 'smuggled' } });
const forged: Readonly<Record<'smuggle answer' | 'smuggle bytes', Buffer>> = {
  'smuggle answer': Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`),
  'smuggle bytes': Buffer.from('\r\n{"data"'),
};

export interface FaultyProxyOptions {
  /** The port of the upstream, which answers each request in one write of its own connection. */
  readonly port: number;
  readonly seed: number;
  /** How often each happened. */
  readonly counts: Map<ProxyFault, number>;
}

/** @returns what is done with a connection of a client, which is closed with it */
export function faultyProxy({ port, seed, counts }: FaultyProxyOptions): (client: Socket) => void {
  let connections = 0;
  return (client) => {
    const random = new Random(seed + connections++);
    const upstream = connect({ port, host: '127.0.0.1' });
    upstream.on('error', () => client.destroy());
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
    let fault: ProxyFault = 'none';
    let isNew = true;
    let writing = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      if (isNew) {
        // Half of all answers are as they should be.
        fault = random.chance(0.5) ? 'none' : random.pick(proxyFaults);
        counts.set(fault, (counts.get(fault) ?? 0) + 1);
        isNew = false;
      }
      if (fault === 'reset request') {
        upstream.write(chunk.subarray(0, random.below(chunk.length)));
        client.resetAndDestroy();
        return;
      }
      upstream.write(chunk);
      if (fault === 'reset unanswered') setImmediate(() => client.resetAndDestroy());
    });
    upstream.on('data', (bytes: Buffer) => {
      isNew = true;
      const { [fault as keyof typeof forged]: extra } = forged;
      const whole = extra === undefined ? bytes : Buffer.concat([bytes, extra]);
      const isCut = fault === 'reset answer' || fault === 'end answer';
      const sent = isCut ? bytes.subarray(0, random.below(bytes.length)) : whole;
      // With the last byte: what comes later could belong to the next answer, and nobody could tell.
      const last = isCut ? sent.length : bytes.length - 1;
      const isSplit = fault === 'split' || random.chance(0.2);
      const ends = fault === 'end answer' || fault === 'end after';
      const resets = fault === 'reset answer' || fault === 'reset after';
      const pauseMs = fault === 'delay' ? 1 + random.below(20) : 0;
      writing = writing.then(async () => {
        if (pauseMs > 0) await delay(pauseMs);
        let at = 0;
        while (isSplit && at < last && !client.destroyed) {
          const size = Math.min(last - at, 1 + random.below(last < 400 ? 60 : 8_000));
          client.write(sent.subarray(at, at + size));
          at += size;
          await new Promise(setImmediate);
        }
        if (at < sent.length) client.write(sent.subarray(at));
        if (ends) client.end();
        else if (resets) client.resetAndDestroy();
      });
    });
  };
}
