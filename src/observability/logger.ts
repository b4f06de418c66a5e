/**
 * Isthmus's log, through pino: the only file that imports it. JSON lines on stdout, or readable ones on a terminal.
 * What may be a credential is redacted wherever a line carries it, and the tests hold that against the whole list.
 */
import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from '../config/index.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** What Isthmus asks of a log; `pino`'s types do not travel further. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
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

/** Every key above at the top of a line and one and two levels below. */
export const redactedPaths: readonly string[] = credentialKeys.flatMap((key) => [
  `["${key}"]`,
  `*["${key}"]`,
  `*.*["${key}"]`,
]);

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Readable lines with colours instead of JSON. @default whether stdout is a terminal */
  readonly readable?: boolean;
  /** Where lines go. @default stdout */
  readonly destination?: NodeJS.WritableStream;
}

export function createLogger(options: LoggerOptions): Logger {
  const { level, readable = process.stdout.isTTY === true, destination = process.stdout } = options;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...redactedPaths], censor: '[redacted]' },
      serializers: { error: pino.stdSerializers.err },
    },
    readable
      ? pretty({ destination, colorize: true, translateTime: 'HH:MM:ss', ignore: 'level', sync: true })
      : destination,
  );
}
