/**
 * The JSON schema and the validation of a custom scalar: by its `@specifiedBy` URL, else by its common name, else as any
 * single value.
 *
 * Only formats that every provider's strict mode supports are used. OpenAI rejects requests with the format `uri`, so URLs
 * use a pattern. Integers beyond 2^53 and decimals are strings, because JSON numbers lose digits.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { JsonSchema } from '../../model-call/index.ts';
import { boundedText, freeJson, maxStringLength } from './output-value.ts';

export interface ScalarForm {
  readonly schema: JsonSchema;
  /** Completes a sentence that begins with `must be`. */
  readonly words: string;
  /** @returns the parsed value; `undefined` if it does not fit */
  read(value: unknown): unknown;
}

export function scalarForm(name: string, specifiedBy: string | null | undefined): ScalarForm {
  const specified = specifications.find(([part]) => specifiedBy?.toLowerCase().includes(part) === true);
  return specified?.[1] ?? formsByName.get(name.toLowerCase()) ?? anyValue;
}

function text(words: string, keywords: Readonly<Record<string, string>>, fits: (value: string) => boolean): ScalarForm {
  return {
    schema: { type: 'string', ...keywords },
    words,
    read: (value) => (typeof value === 'string' && value.length <= 2_000 && fits(value) ? value : undefined),
  };
}

function pattern(words: string, source: string): ScalarForm {
  const expression = new RegExp(source, 'u');
  return text(words, { pattern: source }, (value) => expression.test(value));
}

function whole(words: string, bounds: { readonly minimum?: number; readonly maximum?: number }): ScalarForm {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = bounds;
  return {
    schema: { type: 'integer', minimum, maximum },
    words,
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum ? value : undefined,
  };
}

const dateTime = text('an RFC 3339 date and time with an offset', { format: 'date-time' }, (value) => {
  const [date = '', time = ''] = value.split(/t/i);
  return isDate(date) && isTime(time);
});
const date = text('a date as YYYY-MM-DD', { format: 'date' }, isDate);
const time = text('an RFC 3339 time with an offset', { format: 'time' }, isTime);
const localTime = pattern('a time as HH:MM:SS', '^(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?$');
const duration = text('an ISO 8601 duration', { format: 'duration' }, (value) =>
  /^P(?!$)(?:(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?|\d+W)$/.test(value),
);
// Clients may render it as a link: `javascript:` and `data:` are excluded.
const url = pattern('an http or https URL', '^https?://[^\\s"<>\\\\]+$');
const uri = pattern('a URI', '^[A-Za-z][A-Za-z0-9+.-]*:[^\\s"<>\\\\]+$');
const email = text('an email address', { format: 'email' }, (value) =>
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(
    value,
  ),
);
const uuid = text('a UUID', { format: 'uuid' }, (value) =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value),
);
const bigInt = pattern('a whole number, as a string of digits', '^-?(?:0|[1-9][0-9]{0,999})$');
const decimal = pattern('a decimal number, as a string', '^-?(?:0|[1-9][0-9]{0,99})(?:\\.[0-9]{1,99})?$');

const anyValue: ScalarForm = {
  schema: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
  words: `a string of at most ${maxStringLength} characters, a number or a boolean`,
  read: (value) => (typeof value === 'string' ? boundedText(value) : isPlain(value) ? value : undefined),
};

/** Free JSON cannot be expressed in strict mode; the schema is sent as it is. */
const json: ScalarForm = {
  schema: {
    anyOf: [{ type: 'object' }, { type: 'array' }, { type: 'string' }, { type: 'number' }, { type: 'boolean' }],
  },
  words: 'JSON within its bounds',
  read: freeJson,
};
const jsonObject: ScalarForm = {
  schema: { type: 'object' },
  words: 'a JSON object within its bounds',
  read: (value) => (typeof value === 'object' && !Array.isArray(value) ? freeJson(value) : undefined),
};

/** Common scalar names, in lower case because their case varies. */
const formsByName: ReadonlyMap<string, ScalarForm> = new Map(
  (
    [
      [dateTime, 'datetime', 'datetimeiso', 'isodatetime', 'zoneddatetime', 'instant'],
      [date, 'date', 'localdate', 'isodate'],
      [time, 'time', 'offsettime'],
      [localTime, 'localtime'],
      [duration, 'duration', 'isoduration'],
      [url, 'url', 'httpurl', 'httpsurl'],
      [uri, 'uri', 'urn'],
      [email, 'email', 'emailaddress'],
      [uuid, 'uuid', 'guid'],
      [bigInt, 'bigint', 'biginteger', 'long', 'int64'],
      [decimal, 'decimal', 'bigdecimal'],
      [json, 'json', 'jsonvalue', 'any'],
      [jsonObject, 'jsonobject', 'object', 'map'],
      [whole('a whole number above 0', { minimum: 1 }), 'positiveint'],
      [whole('a whole number from 0 on', { minimum: 0 }), 'nonnegativeint', 'unsignedint'],
      [whole('a whole number below 0', { maximum: -1 }), 'negativeint'],
      [whole('a whole number of at most 0', { maximum: 0 }), 'nonpositiveint'],
      [whole('a whole number', {}), 'safeint'],
      [whole('a port from 0 to 65535', { minimum: 0, maximum: 65_535 }), 'port'],
      [text('an IPv4 address', { format: 'ipv4' }, isIPv4), 'ipv4'],
      [text('an IPv6 address', { format: 'ipv6' }, isIPv6), 'ipv6'],
    ] as const
  ).flatMap(([form, ...names]) => names.map((name) => [name, form] as const)),
);

/** Substrings of `@specifiedBy` URLs, more specific ones first. */
const specifications: readonly (readonly [string, ScalarForm])[] = [
  ['date-time', dateTime],
  ['rfc3339', dateTime],
  ['local-date', date],
  ['url.spec.whatwg.org', url],
  ['rfc3986', uri],
  ['rfc5321', email],
  ['rfc5322', email],
  ['rfc4122', uuid],
  ['rfc9562', uuid],
];

function isDate(value: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)$/.exec(value) ?? [];
  if (year === '' || day === '00') return false;
  return Number(day) <= new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
}

function isTime(value: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i.test(value);
}

function isPlain(value: unknown): boolean {
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
