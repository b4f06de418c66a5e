/** `isthmus subgraph lint`: what lint finds in one schema, without any registry. */
import { type Command, Option } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { paint } from '../frame/paint.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { withProgress } from '../frame/with-progress.ts';
import { printable } from '../printable.ts';
import { readSchema } from './publish.ts';

interface LintOptions {
  readonly schema: string;
  readonly format: 'text' | 'github';
  readonly json: boolean;
}

export function lintCommand(): Command {
  return cliCommand('lint', {
    description: 'Lint a schema: names, descriptions, keys and references; exits 1 for an error.',
    local: 'it reads one file; `isthmus subgraph check` lints what is to be published',
    examples: [
      'isthmus subgraph lint --schema products.graphql',
      'isthmus subgraph lint --schema products.graphql --format github',
    ],
  })
    .requiredOption('--schema <file>', 'the schema, - for stdin')
    .addOption(
      new Option('--format <format>', 'for a terminal, or as annotations of a GitHub workflow')
        .choices(['text', 'github'])
        .default('text'),
    )
    .action(lint);
}

async function lint({ schema, format, json }: LintOptions): Promise<void> {
  const { annotation, ExamineError, lintSdl } = await import('../../registry/checks/index.ts');
  const sdl = await readSchema(schema);
  const report = await withProgress('linting', () => lintSdl({ name: 'subgraph', sdl, origin: schema })).catch(
    (error: unknown) => {
      if (error instanceof ExamineError) return fail('FILE', error.message);
      throw error;
    },
  );
  const { findings, unlistedFindings, hasEslint } = report;
  printResult({ json }, report, () =>
    findings.length === 0
      ? `${schema}: nothing found`
      : findings
          .map(({ severity, line, rule, message, suggestedFix }) => {
            const text = `${printable(message)}; ${printable(suggestedFix)}`;
            if (format === 'github') return annotation(severity, { place: { file: schema, line }, title: rule, text });
            return `${paint(severity === 'error' ? 'red' : 'yellow', severity)} ${schema}:${line ?? 1} ${rule}\n  ${text}`;
          })
          .concat(unlistedFindings === 0 || format === 'github' ? [] : [`and ${unlistedFindings} more`])
          .join('\n'),
  );
  if (!hasEslint && !json)
    process.stderr.write(
      'The rules of graphql-eslint need its packages: npm install --save-dev eslint @graphql-eslint/eslint-plugin\n',
    );
  if (findings.some(({ severity }) => severity === 'error')) reportFinding();
}
