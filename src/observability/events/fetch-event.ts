/** One request of a plan to a subgraph, HTTP or in-process, with what the caches and the network made of it. */
import type { FieldEvent } from './field-event.ts';
import type { TraceContext } from './trace-context.ts';

/** Whom a request goes to: a host, without brackets, and its port. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

/** One time that it went over the network. */
export interface FetchAttempt {
  readonly began: number;
  readonly ended: number;
  /** `ok`, or the error code. */
  readonly outcome: string;
  /** The HTTP status; undefined where none came. */
  readonly status: number | undefined;
  /** @default not known */
  readonly server?: ServerAddress | undefined;
}

/** Of most fetches: an array of its own that takes one element has room for seventeen. */
const none: readonly never[] = [];

export class FetchEvent {
  readonly subgraph: string;
  readonly kind: 'root' | 'entities';
  readonly operationType: 'query' | 'mutation';
  readonly isInProcess: boolean;
  /** Entities that were asked for, cached ones included; 0 for root fields. */
  entities = 0;
  /** Of them, or of the one answer of root fields: found fresh, found stale; the rest was asked for. */
  cacheHits = 0;
  cacheStale = 0;
  readonly began: number;
  ended = 0;
  /** `ok`, `errors` where the subgraph answered with some beside data, or the error code of what failed. */
  outcome = 'ok';
  /** In order; none where everything was cached, the breaker was open, or an identical request was joined. */
  attempts: readonly FetchAttempt[] = none;
  /** Whether an identical request to the subgraph was joined. */
  isShared = false;
  /** The AI fields that an in-process subgraph answered. */
  fields: readonly FieldEvent[] = none;
  /** That of its request; undefined where nothing is traced. */
  trace: TraceContext | undefined;
  /** 16 hexadecimal digits, sent to the subgraph as the parent of its own spans; undefined where it is told of none. */
  spanId: string | undefined;
  /** The span of the identical request that was joined; undefined where none was, or nothing is traced. */
  leader: Pick<TraceContext, 'traceId' | 'spanId'> | undefined;

  constructor(options: Pick<FetchEvent, 'subgraph' | 'kind' | 'operationType' | 'isInProcess' | 'began'>) {
    this.subgraph = options.subgraph;
    this.kind = options.kind;
    this.operationType = options.operationType;
    this.isInProcess = options.isInProcess;
    this.began = options.began;
  }

  addAttempt(attempt: FetchAttempt): void {
    this.attempts = this.attempts.length === 0 ? [attempt] : [...this.attempts, attempt];
  }

  addField(field: FieldEvent): void {
    this.fields = this.fields.length === 0 ? [field] : [...this.fields, field];
  }

  /** The first counts. @param outcome `ok`, `errors`, or the error code of what failed */
  end(outcome: string, now: number): void {
    if (this.ended !== 0) return;
    this.outcome = outcome;
    this.ended = now;
    for (const field of this.fields) if (field.ended === 0) field.ended = now;
  }
}
