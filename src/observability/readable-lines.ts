/**
 * Log lines for a terminal: time, level, message, and the fields of interest. A request
 * is one line. The fields are those of the JSON lines; an error's stack follows its line.
 */
import { countOf } from '../lib/index.ts';

type Fields = Readonly<Record<string, unknown>>;
type WriteLine = (fields: Fields) => string | undefined;

const colours: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
  fatal: '\u001b[31m',
};
const plain = '\u001b[0m';

/**
 * How some messages are written; `undefined` omits the line. All others are the message and its fields.
 * A request's line has its model calls and what they cost; a line for each of them is for JSON, and for `debug`.
 */
const writers: ReadonlyMap<string, WriteLine> = new Map<string, WriteLine>([
  ['request', (fields) => requestLine(fields)],
  ['request aborted by the client', (fields) => `${requestLine(fields)}, aborted by the client`],
  ['request cut', (fields) => `${requestLine(fields)}, cut`],
  ['model call', () => undefined],
  ['AI field failed', (fields) => failedField(fields)],
]);

/**
 * @param json one line as pino writes it
 * @param isDetailed whether lines that a terminal omits by default are written too
 * @returns the line with its line break; nothing for an omitted line
 */
export function readableLine(json: string, isColoured: boolean, isDetailed: boolean): string {
  const { level, time, msg, error, ...fields } = JSON.parse(json) as Fields;
  const message = String(msg ?? '');
  const write = writers.get(message);
  const text = isDetailed && message === 'model call' ? general(message, fields) : write?.(fields);
  if (write !== undefined && text === undefined) return '';
  const isSevere = level !== 'info' && level !== 'debug';
  const line = text ?? general(message, isSevere ? fields : without(fields, 'requestId'));
  const name = String(level).padEnd(5);
  const label = isColoured ? `${colours[String(level)] ?? ''}${name}${plain}` : name;
  return `${localTime(String(time))} ${label} ${printable(line)}${printable(stackOf(error))}\n`;
}

function requestLine(fields: Fields): string {
  const { method, path, operationType, operation, operations, status, ms } = fields;
  const { source, errors, codes, code, modelCalls, costUsd } = fields;
  const batch = countOrNothing(operations, 'operation') || undefined;
  const parts = [method, path, operationType, operation, batch, status, `${ms} ms`];
  const notes = [
    source === undefined ? '' : String(source),
    countOrNothing(errors, 'error'),
    Array.isArray(codes) ? codes.join(' ') : '',
    code === undefined ? '' : String(code),
    countOrNothing(modelCalls, 'model call'),
    costUsd === undefined ? '' : `$${String(costUsd)}`,
  ];
  const line = parts.filter((part) => part !== undefined).join(' ');
  const noted = notes.filter((note) => note !== '').join(' ');
  return noted === '' ? line : `${line}, ${noted}`;
}

function failedField({ subgraph, field, code, reason, count }: Fields): string {
  const place = field === undefined ? '' : ` ${String(field)}`;
  const times = typeof count === 'number' ? ` (${count} times)` : '';
  return `AI field failed:${place} of ${String(subgraph)}${times}: ${String(code)}${reason === undefined ? '' : `, ${String(reason)}`}`;
}

function countOrNothing(count: unknown, noun: string): string {
  return typeof count !== 'number' || count === 0 ? '' : countOf(count, noun);
}

/** `problems` are omitted: the message itself lists them, a line each. */
function general(message: string, fields: Fields): string {
  const { problems: _, ...values } = fields;
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${valueText(value)}`);
  if (pairs.length === 0) return message;
  const [first, ...further] = message.split('\n');
  return [`${first} ${pairs.join(' ')}`, ...further].join('\n');
}

function valueText(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}

function stackOf(error: unknown): string {
  if (error === undefined || error === null) return '';
  if (typeof error !== 'object') return `\n    ${String(error)}`;
  const { stack, message } = error as Fields;
  return `\n    ${String(stack ?? message ?? JSON.stringify(error)).replaceAll('\n', '\n    ')}`;
}

function without(fields: Fields, name: string): Fields {
  const { [name]: _, ...remaining } = fields;
  return remaining;
}

function localTime(iso: string): string {
  const at = new Date(iso);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Text from outside must not move the cursor or colour what follows. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
