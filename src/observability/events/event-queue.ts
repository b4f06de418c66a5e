/**
 * Events of requests that have ended, on their way to the sinks: handed on several at a time, so that what a sink runs is in
 * the processor's caches for all of them but the first, which halves what they cost. They are held for so long, or until
 * there are so many; whoever reads what sinks have, or ends the process, hands them on at once. Order stays.
 */
import type { RequestEvent } from './request-event.ts';
import type { RequestSink } from './request-sink.ts';

export interface EventQueueOptions {
  readonly sinks: readonly RequestSink[];
  /**
   * How much of them is handed on without waiting for more: one for an event, and for each of its fetches and calls of
   * models. What they refer to lives so much longer, and is copied by each young collection meanwhile. @default 128
   */
  readonly maxWeight?: number;
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
  #maxWeight: number;
  #events: RequestEvent[] = [];
  #weight = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ sinks, maxWeight = 128, delayMs = 50 }: EventQueueOptions) {
    this.sinks = sinks;
    this.#maxWeight = maxWeight;
    this.#delayMs = delayMs;
    if (sinks.length === 0) return;
    if (!process.listeners('exit').includes(flushAtExit)) process.prependListener('exit', flushAtExit);
    queues.add(this);
  }

  add(event: RequestEvent): void {
    this.#events.push(event);
    this.#weight += weightOf(event);
    if (this.#weight >= this.#maxWeight) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#delayMs).unref();
  }

  /** Hands on what is held. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#events;
    if (events.length === 0) return;
    this.#events = [];
    this.#weight = 0;
    for (const sink of this.sinks) for (const event of events) sink.record(event);
  };

  /** The server has ended: nothing is held from now on. */
  end(): void {
    this.#maxWeight = 1;
    this.flush();
    queues.delete(this);
  }
}

function weightOf({ operations }: RequestEvent): number {
  let weight = 1;
  for (const { fetches, modelCalls } of operations) weight += fetches.length + modelCalls.length;
  return weight;
}
