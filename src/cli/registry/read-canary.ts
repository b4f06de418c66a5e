/** `--canary 5%` and `--canary-for 10m`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../config/index.ts';

export interface CanaryOptions {
  readonly canary?: number;
  readonly canaryFor: number;
}

export function withCanary(command: Command): Command {
  return command
    .option('--canary <share>', 'the share of requests that it is served to at first, such as 5%', readShare)
    .addOption(
      new Option('--canary-for <duration>', 'how long, before it is promoted where it was as good as the one before')
        .argParser(readDuration)
        .default(parseDuration('10m'), '10m'),
    );
}

/** For the body of a publication. */
export function canaryOf({ canary: percent, canaryFor: durationMs }: Partial<CanaryOptions>) {
  return percent === undefined ? {} : { canary: { percent, durationMs } };
}

function readShare(text: string): number {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  const percent = Number(share);
  if (share === undefined || percent <= 0 || percent >= 100)
    throw new InvalidArgumentError('Write a share above 0% and below 100%, such as 5%.');
  return percent;
}

function readDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds < 1_000)
    throw new InvalidArgumentError('Write a duration of at least 1s, such as 10m.');
  return milliseconds;
}
