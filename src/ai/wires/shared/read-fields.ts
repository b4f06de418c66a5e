/**
 * Reads the fields of a wire's JSON body by type and range; `null` is the same as missing. Plain functions without a
 * schema library: a whole chat request is read in a few microseconds.
 *
 * All functions throw InvalidField, with the field's name.
 */
import { InvalidField } from './invalid-field.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function readNumber(fields: Fields, name: string, least: number, most: number, at = ''): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw new InvalidField(`\`${at}${name}\` must be a number from ${least} to ${most}.`, at + name);
  }
  return value;
}

export function readInteger(fields: Fields, name: string, least: number, at = ''): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw new InvalidField(`\`${at}${name}\` must be a whole number, ${least} or more.`, at + name);
  }
  return value;
}

export function readBoolean(fields: Fields, name: string, at = ''): boolean | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw new InvalidField(`\`${at}${name}\` must be true or false.`, at + name);
  return value;
}

export function readString(fields: Fields, name: string, at = ''): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new InvalidField(`\`${at}${name}\` must be a string.`, at + name);
  return value;
}

/** A required string that is not empty. */
export function requireString(fields: Fields, name: string, at = ''): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidField(`\`${at}${name}\` must be a string that is not empty.`, at + name);
}

export function readObject(fields: Fields, name: string, at = ''): Fields | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) throw new InvalidField(`\`${at}${name}\` must be an object.`, at + name);
  return value;
}

export function requireObject(fields: Fields, name: string, at = ''): Fields {
  const value = readObject(fields, name, at);
  if (value === undefined) throw new InvalidField(`\`${at}${name}\` must be an object.`, at + name);
  return value;
}

export function readArray(fields: Fields, name: string, at = ''): readonly unknown[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new InvalidField(`\`${at}${name}\` must be an array.`, at + name);
  return value;
}

/** A required array that is not empty. */
export function requireArray(fields: Fields, name: string, at = ''): readonly unknown[] {
  const value = readArray(fields, name, at);
  if (value === undefined || value.length === 0) {
    throw new InvalidField(`\`${at}${name}\` must be an array that is not empty.`, at + name);
  }
  return value;
}

/** One element of an array, which must be an object. */
export function asFields(value: unknown, at: string): Fields {
  if (isFields(value)) return value;
  throw new InvalidField(`\`${at}\` must be an object.`, at);
}

export function readOneOf<Choice extends string>(
  fields: Fields,
  name: string,
  choices: readonly Choice[],
  at = '',
): Choice | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw new InvalidField(`\`${at}${name}\` must be one of ${choices.join(', ')}.`, at + name);
}

/** More than any provider accepts, few enough to be searched for in every delta. */
const maxStops = 16;

/** Stop sequences: a string, or an array of strings. */
export function readStops(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  const stops: unknown = typeof value === 'string' ? [value] : value;
  if (Array.isArray(stops) && stops.length <= maxStops && stops.every((stop) => typeof stop === 'string')) {
    return stops.length === 0 ? undefined : stops;
  }
  throw new InvalidField(`\`${name}\` must be a string, or an array of at most ${maxStops} strings.`, name);
}

/** The name of a tool or a schema, in the format that every provider accepts. */
export function requireName(fields: Fields, at: string): string {
  const { name } = fields;
  if (typeof name === 'string' && /^[\w-]{1,128}$/.test(name)) return name;
  throw new InvalidField(`\`${at}name\` must be 1 to 128 letters, digits, _ or -.`, `${at}name`);
}
