/**
 * What caches between clients and the gateway, such as a CDN, are told of an answer that they may keep: its surrogate keys, by which it
 * is removed from them, and how long it is still good, for nginx, which does not read `Age`. Where the keys would be too long, these caches
 * do not keep the answer: with some of its keys left out, it would outlive what it was read from.
 */
import { surrogateKeysOf } from '../../cache/tags/index.ts';

type Header = readonly [name: string, value: string];

/**
 * @param tags of the answer
 * @param maxLength of the keys in one header
 * @returns undefined where the keys are too long: the answer is for its client alone
 */
export function edgeHeaders(
  tags: readonly string[],
  maxLength: number,
  remainingSeconds: number,
): readonly Header[] | undefined {
  const keys = surrogateKeysOf(tags);
  const surrogateKey = keys.join(' ');
  if (surrogateKey.length > maxLength) return undefined;
  return [
    ['surrogate-key', surrogateKey],
    ['cache-tag', keys.join(',')],
    ['x-accel-expires', String(Math.max(0, remainingSeconds))],
  ];
}

/** For an answer whose keys are too long. */
export const withoutEdge: readonly Header[] = [
  ['surrogate-control', 'no-store'],
  ['cdn-cache-control', 'no-store'],
  ['x-accel-expires', '0'],
];
