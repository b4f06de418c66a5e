/** `--format`: a check’s report for a terminal, a pull request, or the annotations of a GitHub workflow. */
import { type Command, Option } from 'commander';
import type { CheckReport } from '../../registry/checks/index.ts';
import { paint } from '../frame/paint.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';

type Format = 'text' | 'markdown' | 'github';

export interface FormatOptions {
  readonly format: Format;
  readonly json: boolean;
}

export function withFormat(command: Command): Command {
  const formats: readonly Format[] = ['text', 'markdown', 'github'];
  const description = 'for a terminal, for a comment of a pull request, or as annotations of a GitHub workflow';
  return command.addOption(new Option('--format <format>', description).choices([...formats]).default('text'));
}

/** @param files the owner’s own, by subgraph: what the report is to name */
export async function printReport(
  report: CheckReport,
  files: ReadonlyMap<string, string>,
  options: FormatOptions,
): Promise<void> {
  const { relocate } = await import('../../registry/checks/index.ts');
  const relocated = relocate(report, files);
  const text = await reportText(relocated, options);
  printResult(options, relocated, () => text);
  if (relocated.outcome !== 'passed') reportFinding();
}

export async function reportText(report: CheckReport, { format }: FormatOptions): Promise<string> {
  const { writeGithub, writeMarkdown, writeText } = await import('../../registry/checks/index.ts');
  if (format === 'markdown') return writeMarkdown(report);
  if (format === 'github') return writeGithub(report);
  return writeText(report, { paint });
}
