/** Reads answers by the names of fields, whatever keys their selection gives them. */
import type { CacheRules } from './cache-rules.ts';
import { plainField } from './entity-tags.ts';
import type { SelectedField, TaggedSelection } from './request-tags.ts';

/** Answers nested deeper are not looked into. */
export const maxDepth = 100;

export function typeNameOf(value: unknown, selection: TaggedSelection): string | undefined {
  const { typeNameKey } = selection;
  const name = typeNameKey === undefined ? undefined : plainField(value, typeNameKey);
  return typeof name === 'string' ? name : undefined;
}

/** @returns undefined where the path is not selected */
export function selectedPath(
  value: unknown,
  [step, ...rest]: readonly string[],
  selection: TaggedSelection | undefined,
): unknown {
  if (step === undefined) return value;
  const selected = selection?.fields.find(({ name, key, isPlain }) => name === step && isPlain && hasKey(value, key));
  return selected && selectedPath(plainField(value, selected.key), rest, selected.inner);
}

/** As `selectedPath`, through lists, each of whose items has a value; what is selected and null is null. */
export function selectedPaths(
  value: unknown,
  path: readonly string[],
  selection: TaggedSelection | undefined,
): unknown {
  if (Array.isArray(value)) return value.map((item) => selectedPaths(item, path, selection));
  const [step, ...rest] = path;
  if (step === undefined || value === undefined || value === null) return value;
  const selected = selection?.fields.find(({ name }) => name === step);
  return selected && selectedPaths(plainField(value, selected.key) ?? null, rest, selected.inner);
}

/** Whether a field under a type condition is of an object. @param type of the object; maybe an abstract one */
export function appliesTo({ on }: SelectedField, type: string, rules: CacheRules): boolean {
  if (on === type) return true;
  const isObjectType = rules.get(type)?.members === undefined && rules.has(type);
  const members = rules.get(on)?.members;
  return !isObjectType || !rules.has(on) || members?.includes(type) === true;
}

/** The object types that an object may have. */
export function typesOf(
  value: unknown,
  type: string,
  selection: TaggedSelection,
  rules: CacheRules,
): readonly string[] {
  const name = typeNameOf(value, selection);
  return name === undefined ? (rules.get(type)?.members ?? [type]) : [name];
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}
