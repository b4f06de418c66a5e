/**
 * Events of requests that have ended, on their way to the sinks: handed on several at a time, so that what a sink runs is in
 * the processor's caches for all of them but the first, which halves what they cost. They are held for so long, or until
 * there are so many; whoever reads what sinks have, or ends the process, hands them on at once. Order stays.
 */
import type { RequestEvent } from './request-event.ts';
import type { RequestSink } from './request-sink.ts';

export interface EventQueueOptions {
  readonly sinks: readonly RequestSink[];
  /** How many are handed on without waiting for more: what they refer to lives so much longer. @default 64 */
  readonly maxLength?: number;
  /** How long an event waits for others. @default 50 */
  readonly delayMs?: number;
}

/** Those of this thread that may hold events. */
const queues = new Set<EventQueue>();
/** Once for all of them. The log writes its last lines as the process exits, too: after this. */
const flushAtExit = (): void => {
  for (const queue of queues) queue.flush();
};

export class EventQueue {
  /** None: requests have no events. */
  readonly sinks: readonly RequestSink[];
  readonly #delayMs: number;
  /** After the end, each is handed on as it comes. */
  #maxLength: number;
  #events: RequestEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor({ sinks, maxLength = 64, delayMs = 50 }: EventQueueOptions) {
    this.sinks = sinks;
    this.#maxLength = maxLength;
    this.#delayMs = delayMs;
    if (sinks.length === 0) return;
    if (!process.listeners('exit').includes(flushAtExit)) process.prependListener('exit', flushAtExit);
    queues.add(this);
  }

  add(event: RequestEvent): void {
    this.#events.push(event);
    if (this.#events.length >= this.#maxLength) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#delayMs).unref();
  }

  /** Hands on what is held. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#events;
    if (events.length === 0) return;
    this.#events = [];
    for (const sink of this.sinks) for (const event of events) sink.record(event);
  };

  /** The server has ended: nothing is held from now on. */
  end(): void {
    this.#maxLength = 1;
    this.flush();
    queues.delete(this);
  }
}
