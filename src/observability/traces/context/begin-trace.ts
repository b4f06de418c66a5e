/**
 * Gives a request its place in a trace: below the span that its client names, by W3C's headers, else by B3's, else at the
 * beginning of a new one. Whether it is sampled is decided by the client, where it may, else by the ratio.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { TraceContext } from '../../events/index.ts';
import { readB3 } from './read-b3.ts';
import { readTraceparent } from './read-traceparent.ts';
import { newSpanId, newTraceId } from './trace-ids.ts';

/** A class: all of them have one shape. */
class Trace implements TraceContext {
  readonly traceId: string;
  readonly spanId = newSpanId();
  readonly parentSpanId: string | undefined;
  readonly isSampled: boolean;
  readonly state: string | undefined;
  readonly hasTexts: boolean;
  readonly reachesModels: boolean;

  constructor(
    traceId: string,
    { parentSpanId, isSampled, state }: Pick<TraceContext, 'parentSpanId' | 'isSampled' | 'state'>,
    { hasTexts = false, reachesModels = false }: TraceOptions,
  ) {
    this.traceId = traceId;
    this.hasTexts = hasTexts;
    this.reachesModels = reachesModels;
    this.parentSpanId = parentSpanId;
    this.isSampled = isSampled;
    this.state = state;
  }
}

/** Decides by the last 52 bits of a trace's id, so that all who use the same ratio decide alike. */
export function ratioSampler(ratio: number): (traceId: string) => boolean {
  if (ratio >= 1) return () => true;
  const last = Math.floor(ratio * 2 ** 52) - 1;
  if (last < 0) return () => false;
  const limit = last.toString(16).padStart(13, '0');
  // Digits of the same count compare as numbers do.
  return (traceId) => traceId.slice(19) <= limit;
}

export interface TraceOptions {
  /** @default false */
  readonly hasTexts?: boolean;
  /** Whether providers of models are told of it. @default false */
  readonly reachesModels?: boolean;
  /** Whether the client decides whether its request is sampled. @default true */
  readonly isClientTrusted?: boolean;
}

const usual: TraceOptions = {};

export function beginTrace(
  headers: IncomingHttpHeaders,
  isInShare: (traceId: string) => boolean,
  options = usual,
): TraceContext {
  const { isClientTrusted = true } = options;
  const parent = readTraceparent(headers) ?? readB3(headers);
  if (parent?.traceId === undefined) {
    const traceId = newTraceId();
    const isSampled = (isClientTrusted ? parent?.isSampled : undefined) ?? isInShare(traceId);
    return new Trace(traceId, { parentSpanId: undefined, isSampled, state: undefined }, options);
  }
  const { traceId, spanId, state } = parent;
  // Whoever may not decide must not do so by choosing an id that is in the share.
  const isSampled = isClientTrusted ? (parent.isSampled ?? isInShare(traceId)) : isInShare(newTraceId());
  return new Trace(traceId, { parentSpanId: spanId, isSampled, state }, options);
}
