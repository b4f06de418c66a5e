/** The formats of `@constraint`. */
import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';

const email = z.email();
const date = z.iso.date();
const time = z.iso.time();
const dateTime = z.iso.datetime({ offset: true });
const byte = z.base64();
const uuid = z.guid();

const accepts = (schema: z.ZodType) => (text: string) => schema.safeParse(text).success;

export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['byte', accepts(byte)],
  ['date', accepts(date)],
  ['date-time', accepts(dateTime)],
  ['email', accepts(email)],
  ['ipv4', isIPv4],
  ['ipv6', isIPv6],
  ['time', accepts(time)],
  // With a scheme, and none of the characters that RFC 3986 has percent-encoded.
  ['uri', (text) => /^[A-Za-z][A-Za-z0-9+.-]*:[^\s"<>\\^`{|}]+$/.test(text) && URL.canParse(text)],
  ['uuid', accepts(uuid)],
]);
