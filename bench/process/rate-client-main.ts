/** A client of `bench/overload.ts`: begins so many requests a second, as far as its connections are free. */
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { answerParent } from './answer-parent.ts';

export interface RateTurn {
  readonly url: string;
  readonly body: string;
  /** Undefined: as fast as `atOnce` requests at once are answered. */
  readonly perSecond: number | undefined;
  readonly atOnce: number;
  readonly seconds: number;
}

/** In milliseconds. */
interface Times {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

export interface RateRun {
  /** As they were sent. */
  readonly perSecond: number;
  readonly accepted: Times;
  /** With 503. */
  readonly refused: Times;
  readonly failed: number;
  /** Of the client's event loop, how busy it was: 0 to 1. */
  readonly clientBusy: number;
  /** When the last refused one was answered, since the run began; undefined: none was refused. */
  readonly recoveredAfterMs: number | undefined;
}

/** More clients at once than a gateway has places for. */
const connections = 300;
const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });

answerParent({
  async run({ url, body, perSecond, atOnce, seconds }: RateTurn): Promise<RateRun> {
    const accepted: number[] = [];
    const refused: number[] = [];
    let failed = 0;
    let sent = 0;
    let recoveredAfterMs: number | undefined;
    const start = performance.now();
    const loop = performance.eventLoopUtilization();
    const send = async (): Promise<void> => {
      sent++;
      const { status, began } = await answerOf(url, body);
      const now = performance.now();
      if (status === 200) accepted.push(now - began);
      else if (status === 503) {
        refused.push(now - began);
        recoveredAfterMs = now - start;
      } else failed++;
    };
    const end = start + seconds * 1_000;
    if (perSecond === undefined) {
      const sendInTurn = async (): Promise<void> => {
        while (performance.now() < end) await send();
      };
      await Promise.all(Array.from({ length: atOnce }, sendInTurn));
    } else {
      const sending = new Set<Promise<void>>();
      let skipped = 0;
      while (performance.now() < end) {
        const due = ((performance.now() - start) / 1_000) * perSecond;
        while (sent + skipped < due) {
          if (sending.size >= connections) {
            skipped++;
            continue;
          }
          const one = send();
          sending.add(one);
          void one.finally(() => sending.delete(one));
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await Promise.all(sending);
    }
    return {
      perSecond: sent / seconds,
      accepted: timesOf(accepted),
      refused: timesOf(refused),
      failed,
      clientBusy: performance.eventLoopUtilization(loop).utilization,
      recoveredAfterMs,
    };
  },
});

// The probe lets go of the channel; this process has nothing else to live for.
process.channel?.ref();

function timesOf(times: number[]): Times {
  times.sort((one, other) => one - other);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { count: times.length, median: at(0.5), p99: at(0.99), max: at(1) };
}

/** @returns the status, 0 where there was no answer, and when a connection was free for the request */
function answerOf(url: string, body: string): Promise<{ readonly status: number; readonly began: number }> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve) => {
    let began = 0;
    const end = (status: number) => resolve({ status, began });
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => end(response.statusCode ?? 0));
      response.once('error', () => end(0));
    });
    sending.once('socket', () => {
      began = performance.now();
    });
    sending.once('error', () => end(0));
    sending.end(body);
  });
}
