/** `--since` and `--until`, of every command that looks back: what ends before it begins is refused, and not said to be empty. */
import type { Command } from 'commander';
import { fail } from '../frame/cli-failure.ts';
import { readMoment } from './read-moment.ts';

interface TimeSpan {
  readonly since: number;
  readonly until?: number;
}

/** @param ago the default of `--since`, such as `7d` */
export function withTimeSpan(command: Command, ago: string): Command {
  return command
    .option('--since <time>', `from then on: ${ago} ago, or a moment such as 2026-11-01`, readMoment, readMoment(ago))
    .option('--until <time>', 'until then; default: now', readMoment)
    .hook('preAction', (parsed) => {
      const { since, until } = parsed.opts<TimeSpan>();
      if (until !== undefined && until < since) fail('COMMAND_LINE', '--until is before --since: exchange them');
    });
}
