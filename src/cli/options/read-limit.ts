import { InvalidArgumentError } from 'commander';

/** An option that says how many, at most. */
export function readLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 10_000)
    throw new InvalidArgumentError('Write a number from 1 to 10000.');
  return limit;
}
