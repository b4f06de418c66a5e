/** IP addresses: four dotted bytes that are not part of a version number, and IPv6 in its notations. */
import { isIPv6 } from 'node:net';

/** Every IPv6 address matches; `note: this` does not. */
const hexAndColon = /[0-9A-Fa-f:]:[0-9A-Fa-f]/;
const four = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
const six = /(?<![\w:])[0-9A-Fa-f:]{2,39}(?:\.\d{1,3}){0,3}(?![\w:])/g;

export function findIpAddresses(text: string, report: (start: number, end: number) => void): void {
  if (text.includes('.'))
    for (const match of text.matchAll(four))
      if (match[0].split('.').every((byte) => Number(byte) < 256 && (byte === '0' || !byte.startsWith('0'))))
        report(match.index, match.index + match[0].length);
  if (hexAndColon.test(text))
    for (const match of text.matchAll(six))
      if (match[0].length > 2 && match[0].split(':').length > 2 && isIPv6(match[0]))
        report(match.index, match.index + match[0].length);
}
