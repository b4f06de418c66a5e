/** The headers that tell whoever is asked of the trace that the request belongs to, in the formats that are configured. */
import type { TraceFormat } from '../../../config/index.ts';
import type { TraceContext } from '../../events/index.ts';

/**
 * @param spanId of the span that the request is sent in
 * @param headers names and values in turn; added to
 */
export function addTraceHeaders(
  formats: readonly TraceFormat[],
  { traceId, spanId: parent, isSampled, state }: TraceContext,
  spanId: string,
  headers: string[],
): void {
  const decision = isSampled ? '1' : '0';
  for (const format of formats) {
    if (format === 'w3c') {
      headers.push('traceparent', `00-${traceId}-${spanId}-0${decision}`);
      if (state !== undefined) headers.push('tracestate', state);
    } else if (format === 'b3') headers.push('b3', `${traceId}-${spanId}-${decision}-${parent}`);
    else {
      headers.push('x-b3-traceid', traceId, 'x-b3-spanid', spanId, 'x-b3-parentspanid', parent);
      headers.push('x-b3-sampled', decision);
    }
  }
}
