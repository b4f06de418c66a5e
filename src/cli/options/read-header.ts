import { InvalidArgumentError } from 'commander';

/** Reads an option that may be repeated: `name: value`. */
export function readHeader(line: string, before: readonly (readonly [string, string])[]) {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("A header is written 'name: value'.");
  return [...before, [name.toLowerCase(), value] as const];
}
