/**
 * What is wrong at a path of supergraph.yaml and what to write instead, in the terms of supergraph.yaml rather than the
 * schema library's. Values are not quoted, because they may be secrets; only a number without a unit is.
 */
import type { z } from 'zod';
import { didYouMean, nearestName } from '../lib/index.ts';
import { formatPath, type YamlPath } from './read-yaml.ts';
import { keysAt, placesOfKey, type SchemaNode, schemaNodesAt } from './schema-places.ts';
import { pendingKeys } from './supergraph-yaml.ts';
import { durationPattern, sizePattern } from './units.ts';

/** The message for an unknown key: suggests a similar key, or the section the key belongs to. */
export function unknownKey(path: YamlPath, key: string): string {
  if (pendingKeys.has(formatPath([...path, key]))) return `"${formatPath([...path, key])}" is not available yet`;
  const message = `"${key}" is not a key here`;
  const keys = keysAt(path);
  if (keys.includes(key)) return `"${key}" does not go with the other keys here`;
  const near = nearestName(key, keys);
  if (near !== undefined) return `${message}; did you mean "${near}"?`;
  const places = placesOfKey(key)
    .map(formatPath)
    .filter((place) => place !== formatPath(path));
  if (places.length > 0) return `${message}; it belongs under ${[...new Set(places)].slice(0, 3).join(' or ')}`;
  return keys.length === 0 || keys.length > 20 ? message : `${message}; there are ${keys.join(', ')}`;
}

/** The message for any other problem. */
export function problemMessage(issue: z.core.$ZodIssue, path: YamlPath, value: unknown): string {
  const nodes = schemaNodesAt(path);
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_union':
      return expectedValue(nodes, value) ?? 'this value does not fit';
    case 'too_small':
    case 'too_big':
      return isOwn(issue.message) ? issue.message : outOfBounds(issue, nodes);
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'this name does not fit';
    default:
      return isOwn(issue.message) ? issue.message : (expectedValue(nodes, value) ?? 'this value does not fit');
  }
}

/** Whether a message is one of this schema; the schema library's default messages begin with these words. */
function isOwn(message: string): boolean {
  return !/^(Invalid|Too (small|big)|Unrecognized|Expected)\b/.test(message);
}

function outOfBounds(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, nodes: readonly SchemaNode[]): string {
  const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const least = issue.code === 'too_small';
  switch (issue.origin) {
    case 'string':
      return least && Number(bound) <= 1
        ? 'write something: this is empty'
        : `write ${least ? 'at least' : 'at most'} ${bound} characters`;
    case 'array':
    case 'set':
      return least && Number(bound) <= 1 ? 'name at least one' : `name ${least ? 'at least' : 'at most'} ${bound}`;
    default: {
      const { minimum, maximum } =
        nodes.find(({ minimum, maximum }) => minimum !== undefined || maximum !== undefined) ?? {};
      const isRange = minimum !== undefined && maximum !== undefined && Math.abs(maximum) < Number.MAX_SAFE_INTEGER;
      return isRange
        ? `write a number from ${minimum} to ${maximum}`
        : `write a number of ${least ? 'at least' : 'at most'} ${bound}`;
    }
  }
}

/** The accepted forms at this path, given the value found there. */
function expectedValue(nodes: readonly SchemaNode[], value: unknown): string | undefined {
  if (nodes.length === 0) return undefined;
  const choices = nodes.flatMap((node) => (node.const === undefined ? (node.enum ?? []) : [node.const]));
  const names = choices.filter((choice) => typeof choice === 'string');
  const forms = new Set(nodes.map(formOf));
  const all = [...forms].filter((form) => form !== 'choice');
  if (names.length > 0) all.unshift(names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`);
  if (value === undefined) return `this key is missing: write ${listForms(all)}`;
  if (typeof value === 'number' && forms.has(duration)) return `a duration has a unit: write ${value}s, or ${value}ms`;
  if (typeof value === 'number' && forms.has(size)) return `a size has a unit: write ${value}kb, or ${value}mb`;
  if (typeof value === 'number' && forms.has(text)) return 'write it in quotes';
  if (typeof value === 'string') {
    const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
    const takesNumbers = nodes.some(({ type }) => type === 'number' || type === 'integer');
    if (isNumber && takesNumbers) return 'write the number without quotes';
    if (forms.has(list)) return 'write a list: put [ and ] around it';
    if (names.length > 0) return `write ${listForms(all)}${didYouMean(value, names)}`;
  }
  return `write ${listForms(all)}`;
}

const duration = 'a duration such as 500ms, 10s or 5m';
const size = 'a size such as 100kb or 1mb';
const text = 'text';
const list = 'a list, such as [one, two]';

function formOf({ type, pattern, const: fixed, enum: choices, minimum, maximum }: SchemaNode): string {
  if (typeof fixed === 'string' || choices !== undefined) return 'choice';
  if (pattern === durationPattern.source) return duration;
  if (pattern === sizePattern.source) return size;
  const isRange = minimum !== undefined && maximum !== undefined && Math.abs(maximum) < Number.MAX_SAFE_INTEGER;
  const range = isRange ? ` from ${minimum} to ${maximum}` : '';
  switch (type) {
    case 'integer':
      return `a whole number${range}`;
    case 'number':
      return `a number${range}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return list;
    case 'object':
      return 'keys with values, such as { key: value }';
    default:
      return text;
  }
}

function listForms(forms: readonly string[]): string {
  const last = forms.at(-1) ?? 'another value';
  return forms.length < 2 ? last : `${forms.slice(0, -1).join(', ')} or ${last}`;
}
