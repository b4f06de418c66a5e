/**
 * Reads `traceparent` and `tracestate` (https://www.w3.org/TR/trace-context/), strictly: what is malformed begins a new
 * trace, and a state without a parent is nothing. Versions beyond 00 are read by what they have in common with it.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { RemoteParent } from './remote-parent.ts';

const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeroTrace = '0'.repeat(32);
const zeroSpan = '0'.repeat(16);

export function readTraceparent(headers: IncomingHttpHeaders): RemoteParent | undefined {
  const { traceparent: header } = headers;
  if (typeof header !== 'string' || header.length > 512) return undefined;
  const match = traceparent.exec(header);
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (traceId === zeroTrace || spanId === zeroSpan) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, isSampled, state: readState(headers.tracestate) };
}

/** What others may have to read is handed on: at most so much. */
const maxStateLength = 512;
const maxMembers = 32;
const member =
  /^[\t ]*(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e][\t ]*$/;

/** @returns undefined where there is none, or none that can be handed on */
function readState(header: string | string[] | undefined): string | undefined {
  const state = Array.isArray(header) ? header.join(',') : header;
  if (state === undefined || state.length > maxStateLength) return undefined;
  const members = state.split(',').filter((text) => !/^[\t ]*$/.test(text));
  if (members.length === 0 || members.length > maxMembers) return undefined;
  return members.every((text) => member.test(text)) ? members.map((text) => text.trim()).join(',') : undefined;
}
