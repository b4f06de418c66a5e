/**
 * What browsers are told of the gateway's pages: what they may load (the page's own policy), that no other page frames them,
 * opens them with a reference to itself, or embeds their files, and that an HTTPS host stays one.
 */
import type { IncomingMessage } from 'node:http';
import { originOf } from './client-origin.ts';

/** A year; the host alone, since others of its domain may be HTTP. */
const strictTransport = 'max-age=31536000';

const ofEveryPage = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY', // for browsers that do not know frame-ancestors
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Beside its content security policy. HSTS is told over HTTPS alone: that of the gateway, or of a trusted proxy. */
export function pageHeaders(request: IncomingMessage, contentSecurityPolicy: string): Readonly<Record<string, string>> {
  const headers = { ...ofEveryPage, 'content-security-policy': contentSecurityPolicy };
  return originOf(request).isSecure ? { ...headers, 'strict-transport-security': strictTransport } : headers;
}
