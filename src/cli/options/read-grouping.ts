/** What sums are made by, as options have it. */
import { InvalidArgumentError } from 'commander';
import type { stepMs } from '../../lib/index.ts';

export function readStep(text: string): keyof typeof stepMs {
  if (text !== 'hour' && text !== 'day') throw new InvalidArgumentError('Write hour or day.');
  return text;
}

/** @param dimensions those that there are */
export function readDimension<Name extends string>(text: string, dimensions: readonly Name[]): Name {
  const dimension = dimensions.find((each) => each === text.trim());
  if (dimension === undefined) throw new InvalidArgumentError(`Write any of ${dimensions.join(', ')}.`);
  return dimension;
}

/** @returns what reads a list of them */
export function readDimensions<Name extends string>(dimensions: readonly Name[]): (text: string) => readonly Name[] {
  return (text) => text.split(',').map((name) => readDimension(name, dimensions));
}
