/** `telemetry.log`: in which form log lines are written, and where to. */
import { z } from 'zod';
import { parseDuration, parseSize, sizePattern } from '../units.ts';
import { durationOr } from '../values.ts';

export const logFormats = ['readable', 'plain', 'json', 'ecs'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogFileConfig {
  readonly path: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** How many files beside the one that is written. */
  readonly keep: number;
}

export interface LogConfig {
  /** Undefined: readable on a terminal, else JSON. */
  readonly format: LogFormat | undefined;
  /** Undefined: lines go to stdout. */
  readonly file: LogFileConfig | undefined;
  /** Whether lines go to the collector, too. */
  readonly isSent: boolean;
}

export const logYaml = z
  .strictObject({
    format: z
      .enum(['auto', ...logFormats])
      .default('auto')
      .describe(
        'How log lines are written: `readable` for people, with colours on a terminal; `plain`, the same without; `json`; `ecs`, JSON with Elastic Common Schema’s names; `auto`: readable on a terminal, else JSON.',
      ),
    file: z
      .strictObject({
        path: z
          .string()
          .min(1)
          .describe('The file that lines are written to instead of stdout; its folder is created.'),
        max_size: z
          .string()
          .regex(sizePattern, 'write a size such as 100mb')
          .refine((text) => (parseSize(text) ?? 0) >= 10_000, 'a log file has at least 10kb')
          .default('100mb')
          .describe('A file that has grown to this size is renamed, and a new one begun.'),
        max_age: durationOr('1d', 'A file that was begun so long ago is renamed likewise.'),
        keep: z
          .number()
          .int()
          .min(1)
          .max(1_000)
          .default(7)
          .describe('How many renamed files are kept: `PATH.1` is the newest.'),
      })
      .optional(),
    otlp: z.boolean().default(false).describe('Whether log lines are sent to the collector of telemetry.otlp, too.'),
  })
  .prefault({});

/** @param at resolves relative paths */
export function resolveLog(yaml: z.output<typeof logYaml>, at: (path: string) => string): LogConfig {
  const { format, file, otlp } = yaml;
  return {
    format: format === 'auto' ? undefined : format,
    file: file && {
      path: at(file.path),
      maxBytes: parseSize(file.max_size) ?? 0,
      maxAgeMs: parseDuration(file.max_age) ?? 0,
      keep: file.keep,
    },
    isSent: otlp,
  };
}
