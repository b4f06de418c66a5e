/**
 * The log of the process, as `telemetry` says: lines of all its threads come here as JSON, and go in the form that is asked for
 * to stdout or a file, and to the collector.
 */
import { isatty } from 'node:tty';
import type { LogConfig, LogFormat, LogLevel, TelemetryConfig } from '../../config/index.ts';
import { isoTime, unreachable } from '../../lib/index.ts';
import { allowsColours, createLogger, type Logger, writeLogLines } from '../logger.ts';
import { readableLine } from '../readable-lines.ts';
import { ecsLine } from './ecs-line.ts';
import { LogFile } from './log-file.ts';

export interface OpenedLog {
  readonly log: Logger;
  /** The least severe lines that are written. */
  readonly level: LogLevel;
  /** Writes lines of another thread's logger: JSON, each with its line break. */
  writeLines(lines: string): void;
  /** Writes and sends what is held, within a bound; later lines are still written. */
  close(): Promise<void>;
}

/** Those of this process that have lines. */
const files = new Set<LogFile>();
/** Once for all of them. */
const flushAtExit = (): void => {
  for (const file of files) file.flushAtExit();
};

/** After another program has renamed them. */
export function reopenLogFiles(): void {
  for (const file of files) file.reopen();
}

export async function openLog({ logLevel, log: config, otlp, service }: TelemetryConfig): Promise<OpenedLog> {
  const isDetailed = logLevel === 'debug' || logLevel === 'trace';
  const render = rendererOf(formatOf(config), isDetailed, service.name);
  const file = config.file && openFile(config.file, render);
  const write = file === undefined ? writeLogLines : writerTo(file);
  const records =
    config.isSent && otlp !== undefined
      ? new (await import('../otlp/log-records.ts')).LogRecords(otlp, service, (line) => write(render(`${line}\n`)))
      : undefined;
  const writeLines = (lines: string): void => {
    write(render(lines));
    records?.add(lines);
  };
  return {
    log: createLogger({ level: logLevel, readable: false, destination: { write: writeLines } }),
    level: logLevel,
    writeLines,
    async close() {
      await Promise.all([records?.close(), file?.close()]);
    },
  };
}

/** Only a terminal is for people. */
function formatOf({ format, file }: LogConfig): LogFormat {
  return format ?? (file === undefined && isatty(1) ? 'readable' : 'json');
}

type Render = (lines: string) => string;

function rendererOf(format: LogFormat, isDetailed: boolean, service: string): Render {
  switch (format) {
    case 'json':
      return (lines) => lines;
    case 'ecs':
      return each((line) => ecsLine(line, service));
    case 'plain':
      return each((line) => readableLine(line, false, isDetailed));
    case 'readable': {
      const isColoured = allowsColours();
      return each((line) => readableLine(line, isColoured, isDetailed));
    }
    default:
      return unreachable(format);
  }
}

function each(render: (line: string) => string): Render {
  return (lines) => {
    const end = lines.indexOf('\n');
    if (end === lines.length - 1) return render(lines);
    let text = '';
    for (const line of lines.split('\n')) if (line !== '') text += render(line);
    return text;
  };
}

/** What becomes of the file is told where its lines are not: on stdout. */
function openFile(config: NonNullable<LogConfig['file']>, render: Render): LogFile {
  return new LogFile({
    config,
    lostLine: (lost) =>
      render(`${lineOf('warn', 'log lines were lost: the log file could not be written', { lost })}\n`).slice(0, -1),
    onFailure(error) {
      const { path } = config;
      const text =
        error === undefined
          ? lineOf('info', 'the log file is written again', { file: path })
          : lineOf('error', 'the log file cannot be written; lines are held, and dropped beyond 8 MB', {
              file: path,
              reason: error instanceof Error ? error.message : String(error),
            });
      writeLogLines(render(`${text}\n`));
    },
  });
}

function writerTo(file: LogFile): (lines: string) => void {
  if (!process.listeners('exit').includes(flushAtExit)) process.on('exit', flushAtExit);
  files.add(file);
  return (lines) => {
    if (lines !== '') file.write(lines);
  };
}

function lineOf(level: string, msg: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ level, time: isoTime(Date.now()), ...fields, msg });
}
