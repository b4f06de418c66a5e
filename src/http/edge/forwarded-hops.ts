/**
 * The hops that proxies write into requests, the client's first: `x-forwarded-for`, and `forwarded` (RFC 7239). Each proxy
 * adds at the end whom it was called by; what stands before that is as true as that caller.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { parseAddress } from '../../lib/index.ts';

export interface Hop {
  /** Undefined where it is hidden (`unknown`, `_name`) or no address. */
  readonly address: string | undefined;
  /** The protocol that this hop called by, where it is told. */
  readonly protocol: string | undefined;
}

/** `x-forwarded-proto` belongs to the last hop: proxies replace it. */
export function hopsOfXForwarded(headers: IncomingHttpHeaders): readonly Hop[] {
  const addresses = textOf(headers['x-forwarded-for']).split(',');
  const protocol = textOf(headers['x-forwarded-proto']).split(',').at(-1)?.trim().toLowerCase();
  return addresses.map((text) => ({ address: addressIn(text.trim()), protocol: protocol || undefined }));
}

export function hopsOfForwarded(headers: IncomingHttpHeaders): readonly Hop[] {
  return splitOutsideQuotes(textOf(headers.forwarded), ',').map((element) => {
    const parameters = new Map<string, string>();
    for (const pair of splitOutsideQuotes(element, ';')) {
      const equals = pair.indexOf('=');
      if (equals > 0)
        parameters.set(pair.slice(0, equals).trim().toLowerCase(), unquote(pair.slice(equals + 1).trim()));
    }
    return { address: addressIn(parameters.get('for') ?? ''), protocol: parameters.get('proto')?.toLowerCase() };
  });
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}

/** With a port or without: `192.0.2.1:4711`, `[2001:db8::1]:4711`, `2001:db8::1`. */
function addressIn(text: string): string | undefined {
  const [, bracketed, v4] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
  return parseAddress(bracketed ?? v4 ?? text);
}

function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted && character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text;
}
