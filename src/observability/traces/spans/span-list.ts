/**
 * The spans of one request, made once it has ended: with ids, times and parents as they were, in the form that
 * OpenTelemetry's processors and exporters take. At most `maxSpans` of them; what is beyond is counted.
 */
import { type Attributes, createTraceState, type Link, type SpanContext, SpanStatusCode } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { TraceContext } from '../../events/index.ts';
import { newSpanId } from '../context/trace-ids.ts';

/** What all spans of this process have in common. */
export interface SpanOrigin {
  readonly resource: Resource;
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
}

export interface SpanOptions {
  readonly name: string;
  readonly kind: ReadableSpan['kind'];
  /** @default a new one */
  readonly spanId?: string | undefined;
  readonly parentId: string | undefined;
  /** Whether the parent is another service's. @default false */
  readonly isParentRemote?: boolean;
  /** On the clock of `performance`, in milliseconds. */
  readonly began: number;
  readonly ended: number;
  /** Those that are undefined are left out. */
  readonly attributes: Attributes;
  /** Of what failed; undefined: nothing did. */
  readonly errorType?: string | undefined;
  readonly events?: readonly SpanEvent[];
  readonly links?: readonly Pick<TraceContext, 'traceId' | 'spanId'>[];
}

export interface SpanEvent {
  readonly name: string;
  readonly at: number;
  readonly attributes: Attributes;
}

const sampled = 1;
const maxSpans = 1_000;
/** Names from outside are cut: they are told apart by their beginning. */
const maxNameLength = 256;

export class SpanList {
  readonly spans: ReadableSpan[] = [];
  dropped = 0;
  /** What is added to a time of `performance` for one of the world. */
  readonly #epoch = Date.now() - performance.now();
  readonly #trace: TraceContext;
  readonly #state: SpanContext['traceState'];
  readonly #origin: SpanOrigin;

  constructor(trace: TraceContext, origin: SpanOrigin) {
    this.#trace = trace;
    this.#state = trace.state === undefined ? undefined : createTraceState(trace.state);
    this.#origin = origin;
  }

  /** @returns the span's id, for its children */
  add(options: SpanOptions): string {
    const { name, kind, spanId = newSpanId(), parentId, isParentRemote = false, began, errorType } = options;
    if (this.spans.length >= maxSpans) {
      this.dropped++;
      return spanId;
    }
    const ended = Math.max(began, options.ended);
    const context = this.#contextOf(spanId, false);
    const attributes = withoutUndefined(options.attributes);
    if (errorType !== undefined) attributes['error.type'] = nameText(errorType);
    this.spans.push({
      ...this.#origin,
      name,
      kind,
      spanContext: () => context,
      ...(parentId === undefined ? {} : { parentSpanContext: this.#contextOf(parentId, isParentRemote) }),
      startTime: this.#timeOf(began),
      endTime: this.#timeOf(ended),
      duration: hrTimeOf(ended - began),
      ended: true,
      status: { code: errorType === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR },
      attributes,
      events: (options.events ?? []).map(({ name: event, at, attributes: of }) => ({
        name: event,
        time: this.#timeOf(at),
        attributes: withoutUndefined(of),
      })),
      links: (options.links ?? []).map(linkTo),
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    });
    return spanId;
  }

  #contextOf(spanId: string, isRemote: boolean): SpanContext {
    const { traceId } = this.#trace;
    const context = { traceId, spanId, isRemote, traceFlags: sampled };
    return this.#state === undefined ? context : { ...context, traceState: this.#state };
  }

  #timeOf(time: number): [number, number] {
    return hrTimeOf(this.#epoch + time);
  }
}

/** Seconds and nanoseconds. */
function hrTimeOf(milliseconds: number): [number, number] {
  const seconds = Math.floor(milliseconds / 1_000);
  return [seconds, Math.min(999_999_999, Math.round((milliseconds - seconds * 1_000) * 1e6))];
}

function linkTo({ traceId, spanId }: Pick<TraceContext, 'traceId' | 'spanId'>): Link {
  return { context: { traceId, spanId, traceFlags: sampled }, attributes: {} };
}

function withoutUndefined(attributes: Attributes): Attributes {
  const defined: Attributes = {};
  for (const name of Object.keys(attributes)) if (attributes[name] !== undefined) defined[name] = attributes[name];
  return defined;
}

/** A name from outside, such as an operation's. */
export function nameText(text: string): string {
  return text.length <= maxNameLength ? text : text.slice(0, maxNameLength);
}
