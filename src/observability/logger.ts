/**
 * Isthmus's log, through pino: the only file that imports it. JSON lines on stdout, or readable ones on a terminal.
 * What may be a credential is redacted wherever a line carries it, and the tests hold that against the whole list.
 */
import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { pino } from 'pino';
import type { LogLevel } from '../config/index.ts';
import { isoTime } from '../lib/index.ts';
import { LogOutput } from './log-output.ts';
import { readableLine } from './readable-lines.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** The log as Isthmus uses it; `pino`'s types stay in this file. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
  /**
   * A line that is written often: its fields have no credential and no error, and are not looked through for them.
   * @param fields as JSON, without its braces
   * @default it is written as every other
   */
  line?(level: 'debug' | 'info' | 'warn', fields: string, message: string): void;
  /** Whether lines of the level are written. @default those of all levels are */
  isLevelEnabled?(level: 'debug' | 'info' | 'warn' | 'error'): boolean;
}

const credentialKeys = [
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api_key',
  'apiKey',
  'password',
  'token',
  'secret',
];

/** The names whose values never reach a line, at its top and one and two levels below. */
export const credentialNames: ReadonlySet<string> = new Set(credentialKeys);

/**
 * The fields with credentials replaced; fields without any are returned as they are. Done here, because pino's own `redact`
 * with the same paths takes 107 µs for a line of 11 fields, and this 9.
 */
function redacted(fields: object, depth: number): object {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(fields)) {
    const value = (fields as Readonly<Record<string, unknown>>)[key];
    let next: unknown = value;
    if (credentialNames.has(key)) next = '[redacted]';
    else if (depth > 0 && value !== null && typeof value === 'object' && !(value instanceof Error))
      next = redacted(value, depth - 1);
    if (next === value) continue;
    copy ??= { ...(fields as Record<string, unknown>) };
    copy[key] = next;
  }
  return copy === undefined ? fields : Array.isArray(fields) ? Object.values(copy) : copy;
}

const redactedDepth = 2;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Readable lines with colours instead of JSON. @default whether stdout is a terminal */
  readonly readable?: boolean;
  /** Where lines go, each with its line break. @default stdout */
  readonly destination?: { write(line: string): unknown };
}

/**
 * Lines are written after the requests that they are about, several in one write: a write for each line takes longer than
 * all else that is done for a cached answer. One output for the whole process, created with its first line.
 */
let output: LogOutput | undefined;

/** @param isReadable @default whether it is a terminal */
function toStdout(isReadable?: boolean): LogOutput {
  if (output === undefined) {
    const isForPeople = isReadable ?? isatty(1);
    const lostLine = (lost: number): string => {
      const fields = {
        level: 'warn',
        time: isoTime(Date.now()),
        lost,
        msg: 'log lines were lost: they were not read in time',
      };
      return isForPeople ? readableLine(JSON.stringify(fields), false, false) : `${JSON.stringify(fields)}\n`;
    };
    const stdout = new LogOutput({ lostLine });
    process.on('exit', () => stdout.flushAtExit());
    output = stdout;
  }
  return output;
}

/** Writes lines of another thread's logger, as they are, to stdout. */
export function writeLogLines(lines: string): void {
  toStdout().write(lines);
}

/** A terminal does, unless NO_COLOR or FORCE_COLOR say otherwise. */
export function allowsColours(output: unknown = process.stdout): boolean {
  if (output !== process.stdout && output !== process.stderr) return false;
  return styleText('green', '.', { stream: output as NodeJS.WritableStream }) !== '.';
}

export function createLogger(options: LoggerOptions): Logger {
  const { level, readable = isatty(1), destination } = options;
  const write = (line: string): void => {
    if (destination === undefined) toStdout(readable).write(line);
    else destination.write(line);
  };
  const isColoured = readable && allowsColours(destination);
  const isDetailed = level === 'debug' || level === 'trace';
  const writeReadable = (line: string): void => {
    const text = readableLine(line, isColoured, isDetailed);
    if (text !== '') write(text);
  };
  const writeLine = readable ? writeReadable : write;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${isoTime(Date.now())}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redacted(fields, redactedDepth) as Record<string, unknown>,
      },
      serializers: { error: pino.stdSerializers.err },
    },
    { write: writeLine },
  );
  return completed(logger, writeLine);
}

/** What is used of pino's logger. */
interface PinoLogger extends Pick<Logger, 'debug' | 'info' | 'warn' | 'error'> {
  bindings(): LogFields;
  child(fields: LogFields): PinoLogger;
  isLevelEnabled(level: string): boolean;
}

/**
 * With what pino does otherwise than we want it.
 * @param child pino's own: a child inherits ours
 */
function completed(
  logger: PinoLogger,
  write: (line: string) => void,
  child: PinoLogger['child'] = logger.child,
): Logger {
  const bindings = JSON.stringify(logger.bindings()).slice(1, -1);
  const fixed = bindings === '' ? '' : `${bindings},`;
  return Object.assign(logger, {
    // Not by `formatters.bindings`, which pino does not apply to children.
    child(fields: LogFields): Logger {
      return completed(child.call(logger, redacted(fields, redactedDepth) as LogFields), write, child);
    },
    // As pino writes it, in a tenth of its time: it goes through all fields twice, and asks of each how it is written.
    line(lineLevel: 'debug' | 'info' | 'warn', fields: string, message: string): void {
      if (!logger.isLevelEnabled(lineLevel)) return;
      const time = isoTime(Date.now());
      write(`{"level":"${lineLevel}","time":"${time}",${fixed}${fields},"msg":${JSON.stringify(message)}}\n`);
    },
  });
}
