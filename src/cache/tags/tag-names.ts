/**
 * The tags that cached answers are invalidated by. A tag of one entity, and one of `@cacheTag`, belongs to a group: where an
 * answer would need too many tags, or where a key was not read, the answer has the group’s tag instead. Whatever invalidates a
 * tag invalidates its groups with it, so that no answer escapes.
 */
import { hash } from 'node:crypto';
import type { EntityKey } from './cache-rules.ts';

const longestText = 200;

/** Texts of clients may be of any length. */
function bounded(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}#${hash('sha256', text, 'base64url')}`;
}

/** @param values of the key’s leaves, in its order */
export function entityTag(type: string, { signature }: EntityKey, values: readonly string[]): string {
  return `entity:${type}(${signature}) ${bounded(JSON.stringify(values))}`;
}

/** Entities of a type of which this key was not read. */
export function entityGroup(type: string, { signature }: EntityKey): string {
  return `entities:${type}(${signature})`;
}

/** A tag of `@cacheTag`, or one that a subgraph sent. */
export function cacheTag(subgraph: string, text: string): string {
  return `cache_tag:${subgraph} ${bounded(text)}`;
}

/** What an answer with a tag is invalidated by: the tag itself, and all tags that begin alike. */
export function cacheTags(subgraph: string, text: string): readonly string[] {
  return [cacheTag(subgraph, text), ...prefixesOf(subgraph, text)];
}

/** How a tag begins, and all tags of a subgraph. */
export function prefixesOf(subgraph: string, text: string): readonly string[] {
  return [cacheTagPrefix(subgraph, text), cacheTagPrefix(subgraph, '')];
}

/** An answer that may have any tag that begins with this text: only the beginning is known. */
export function cacheTagGroup(subgraph: string, beginning: string): string {
  return `cache_tags:${subgraph} ${groupText(beginning)}`;
}

/** Every tag that begins with this text. */
export function cacheTagPrefix(subgraph: string, beginning: string): string {
  return `cache_prefix:${subgraph} ${groupText(beginning)}`;
}

/** Whether a text has a sign, up to which it says the group. */
export function hasSign(text: string): boolean {
  return groupPattern.test(text);
}

function groupText(text: string): string {
  const [group = ''] = groupPattern.exec(text) ?? [];
  return group.length > longestText ? '' : group;
}

/** Private answers of a tenant’s readers. */
export function tenantTag(tenant: string): string {
  return `tenant:${bounded(tenant)}`;
}

/** A tag’s group is its text up to the first sign: `product-` of `product-17`. */
const groupPattern = /^[\p{L}\p{N}_]*[^\p{L}\p{N}_]/u;

/** The group of a tag; undefined for a tag that has none. */
export function groupOf(tag: string): string | undefined {
  const kind = tag.slice(0, tag.indexOf(':'));
  if (kind === 'entity') return `entities:${tag.slice('entity:'.length, tag.indexOf(') ') + 1)}`;
  if (kind !== 'cache_tag' && kind !== 'cache_tags') return undefined;
  const space = tag.indexOf(' ');
  const [subgraph, text] = [tag.slice(kind.length + 1, space), tag.slice(space + 1)];
  if (kind === 'cache_tag') return cacheTagGroup(subgraph, text);
  return text === '' ? undefined : cacheTagGroup(subgraph, '');
}

/** A tag with its groups: what is invalidated together. */
export function withGroups(tag: string): readonly string[] {
  const tags: string[] = [];
  for (let next: string | undefined = tag; next !== undefined; next = groupOf(next)) tags.push(next);
  return tags;
}

/**
 * The tags, of which the most numerous of a group give way to the group’s until there are few enough.
 * @returns undefined where there are too many all the same
 */
export function coarsened(tags: readonly string[], most: number): readonly string[] | undefined {
  let current = tags;
  while (current.length > most) {
    const groups = new Map<string, string[]>();
    for (const tag of current) {
      const group = groupOf(tag);
      if (group === undefined) continue;
      const members = groups.get(group);
      if (members === undefined) groups.set(group, [tag]);
      else members.push(tag);
    }
    if (groups.size === 0) return undefined;
    const remaining = new Set(current);
    for (const [group, members] of [...groups].sort(([, a], [, b]) => b.length - a.length)) {
      if (remaining.size <= most) break;
      for (const tag of members) remaining.delete(tag);
      remaining.add(group);
    }
    current = [...remaining];
  }
  return current;
}
