export { addTraceHeaders } from './context/trace-headers.ts';
export { newSpanId } from './context/trace-ids.ts';
export { isFailed } from './is-failed.ts';
export { openTraces, type Traces, type TracesOptions } from './open-traces.ts';
