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
  const { relocate, writeGithub, writeMarkdown, writeText } = await import('../../registry/checks/index.ts');
  const relocated = relocate(report, files);
  printResult(options, relocated, () => {
    if (options.format === 'markdown') return writeMarkdown(relocated);
    if (options.format === 'github') return writeGithub(relocated);
    return writeText(relocated, { paint });
  });
  if (relocated.outcome !== 'passed') reportFinding();
}
