/**
 * Reads B3 (https://github.com/openzipkin/b3-propagation): the single header `b3`, else `x-b3-traceid` and its like. A
 * decision without ids (`b3: 0`) is one for the trace that begins here.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { RemoteParent } from './remote-parent.ts';

const single = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/i;
const traceIds = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i;
const spanIds = /^[0-9a-f]{16}$/i;
const zeros = /^0+$/;

/** A parent, or what was decided for the trace that begins here. */
export type B3 = RemoteParent | { readonly traceId?: undefined; readonly isSampled: boolean };

export function readB3(headers: IncomingHttpHeaders): B3 | undefined {
  const { b3 } = headers;
  if (typeof b3 === 'string') return readSingle(b3);
  if (headers['x-b3-traceid'] !== undefined || headers['x-b3-sampled'] !== undefined) return readSeveral(headers);
  return headers['x-b3-flags'] === '1' ? { isSampled: true } : undefined;
}

function readSingle(text: string): B3 | undefined {
  if (text.length === 1) {
    const isSampled = decisionOf(text);
    return isSampled === undefined ? undefined : { isSampled };
  }
  const [, traceId, spanId, decision] = single.exec(text) ?? [];
  return parentOf(traceId, spanId, decision === undefined ? undefined : decisionOf(decision));
}

function readSeveral(headers: IncomingHttpHeaders): B3 | undefined {
  const sampled = headers['x-b3-sampled'];
  const isSampled =
    headers['x-b3-flags'] === '1' ? true : typeof sampled === 'string' ? decisionOf(sampled.toLowerCase()) : undefined;
  const traceId = headers['x-b3-traceid'];
  if (traceId === undefined) return isSampled === undefined ? undefined : { isSampled };
  const spanId = headers['x-b3-spanid'];
  if (typeof traceId !== 'string' || typeof spanId !== 'string') return undefined;
  return traceIds.test(traceId) && spanIds.test(spanId) ? parentOf(traceId, spanId, isSampled) : undefined;
}

/** Ids of 64 bits are those of 128 that begin with zeros. */
function parentOf(
  traceId: string | undefined,
  spanId: string | undefined,
  isSampled: boolean | undefined,
): RemoteParent | undefined {
  if (traceId === undefined || spanId === undefined || zeros.test(traceId) || zeros.test(spanId)) return undefined;
  return {
    traceId: traceId.toLowerCase().padStart(32, '0'),
    spanId: spanId.toLowerCase(),
    isSampled,
    state: undefined,
  };
}

/** `d` asks for everything, `true` and `false` are what older clients send. */
function decisionOf(text: string): boolean | undefined {
  if (text === '1' || text === 'd' || text === 'true') return true;
  return text === '0' || text === 'false' ? false : undefined;
}
