/**
 * The life of one HTTP request, the same on every route: it leases the generation that serves it, it is aborted at its
 * deadline or when its client disconnects, and it gives the lease back at its end.
 */
import type { ServerResponse } from 'node:http';
import { GatewayError } from '../../errors/index.ts';
import { type Abortable, Aborter, Deadline, TimerEntry, timerWheel } from '../../lib/index.ts';
import { type ClientRequest, callerKeyOf } from './client-request.ts';

/** The generations that requests can lease; a request keeps the one it began with. */
export interface LeasedGenerations<Generation> {
  /** The one that a share of the callers has; undefined: all have the current one. */
  readonly canary?: unknown;
  acquire(callerKey?: string): { readonly generation: Generation; release(): void } | undefined;
}

export interface RequestLifeOptions<Generation> {
  readonly generations: LeasedGenerations<Generation>;
  readonly response: ServerResponse;
  /** Who asks: what a canary tells callers apart by. */
  readonly request: Pick<ClientRequest, 'headers' | 'clientAddress'>;
  /** How long the request may take on the generation that it leases, in milliseconds. */
  readonly timeoutMs: (generation: Generation) => number;
  /**
   * How long after its deadline the request is aborted, in milliseconds. More than 0 where a part below ends its work at
   * the deadline by itself and reports that as the reason.
   * @default 0
   */
  readonly graceMs?: number;
}

/** Begins with its construction; call `end` exactly once. */
export class RequestLife<Generation> extends TimerEntry {
  readonly generation: Generation;
  readonly deadline: Deadline;
  readonly response: ServerResponse;
  readonly #lease: { release(): void };
  readonly #aborter = new Aborter();

  /** @throws GatewayError `OVERLOADED` where no generation serves */
  constructor({ generations, request, response, timeoutMs, graceMs = 0 }: RequestLifeOptions<Generation>) {
    super();
    const lease = generations.acquire(generations.canary === undefined ? undefined : callerKeyOf(request));
    if (lease === undefined) throw new GatewayError('OVERLOADED');
    this.generation = lease.generation;
    this.response = response;
    this.#lease = lease;
    const milliseconds = timeoutMs(lease.generation);
    timerWheel.add(this, milliseconds + graceMs);
    this.deadline = Deadline.in(milliseconds);
    response.on('close', () => {
      if (!response.writableFinished) this.#aborter.abort(new GatewayError('CLIENT_CLOSED_REQUEST'));
    });
  }

  /** Aborts with a GatewayError: `GATEWAY_TIMEOUT`, or `CLIENT_CLOSED_REQUEST`, also after `end`, while parts are sent. */
  get signal(): Abortable {
    return this.#aborter;
  }

  /** The deadline has passed. */
  onTimeout(): void {
    this.#aborter.abort(new GatewayError('GATEWAY_TIMEOUT'));
  }

  /** The error to answer with: the abort's reason where the request was aborted, else `thrown`. */
  reasonOf(thrown: unknown): unknown {
    const { aborted, reason } = this.#aborter;
    return aborted ? reason : thrown;
  }

  end(): void {
    timerWheel.remove(this);
    this.#lease.release();
  }
}
