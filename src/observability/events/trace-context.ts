/** The place of a request in a trace (W3C Trace Context, https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Of the request's own span: 16 hexadecimal digits. */
  readonly spanId: string;
  /** The client's span; undefined where the trace begins here. */
  readonly parentSpanId: string | undefined;
  /** Decided at the start, by the client or by the ratio: what subgraphs are told. */
  readonly isSampled: boolean;
  /** Whether its spans have what was said to models and by them. @default false */
  readonly hasTexts?: boolean;
  /** Whether providers of models are told of it. @default false */
  readonly reachesModels?: boolean;
  /** `tracestate`, handed on as it came. */
  readonly state: string | undefined;
}
