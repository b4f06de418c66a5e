/** A generation, as options and arguments name it. */
import { InvalidArgumentError } from 'commander';

/** A number, or a label. */
export type GenerationName = number | string;

export function readGeneration(text: string): GenerationName {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  if (/^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError('A generation has a number from 1 up, or a label such as stable.');
}
