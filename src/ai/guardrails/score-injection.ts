/**
 * How much a text looks as if it gave the model orders, 0 to 1, and by which rules. Heuristics: they raise the price of
 * an attack and name it in the record. What makes an injection harmless is elsewhere: untrusted text travels in its own
 * message, and an answer is data.
 *
 * Rules: `override` (ignore … previous … instructions), `reveal` (print … system prompt), `persona` (you are now …
 * unrestricted), `role_marker` (`<|im_start|>`, `### system`, `{{role "system"}}`, `<<<dotprompt:`), `spaced` (letters
 * apart), `encoded` (base64, hex, URL, entities and escapes, rot13) around any of these. One pass over the characters
 * finds the words (0.9 µs for 300 characters); everything else is asked only where its characters occur.
 */
import { decodedParts } from './decoded-parts.ts';
import { codeSigns, digitSigns, readOrderWords } from './read-order-words.ts';
import { findRoleMarkers } from './role-markers.ts';
import { findSpaced, findUnspaced } from './spaced-orders.ts';

export type InjectionRule = 'override' | 'reveal' | 'persona' | 'role_marker' | 'spaced' | 'encoded';

export interface InjectionHit {
  readonly rule: InjectionRule;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

export interface InjectionScore {
  readonly score: number;
  readonly hits: readonly InjectionHit[];
}

const harmless: InjectionScore = Object.freeze({ score: 0, hits: [] });

const maxDepth = 2;

export function scoreInjection(text: string): InjectionScore {
  const hits: InjectionHit[] = [];
  collect(text, 0, (hit) => hits.push(hit));
  if (hits.length === 0) return harmless;
  const best = new Map<InjectionRule, number>();
  for (const { rule, score } of hits) best.set(rule, Math.max(score, best.get(rule) ?? 0));
  let innocent = 1;
  for (const score of best.values()) innocent *= 1 - score;
  return { score: Math.round((1 - innocent) * 100) / 100, hits };
}

/** Is told every hit. */
export type Collect = (hit: InjectionHit) => void;

function collect(text: string, depth: number, found: Collect): void {
  const { seen, longest, apart, wide } = readOrderWords(text, found);
  findRoleMarkers(text, seen, wide, found);
  if (apart > 0) findSpaced(text, found);
  if (wide) findUnspaced(text, found);
  if (depth >= maxDepth || (longest < 16 && (seen & codeSigns) === 0 && !manyHexPairs(text, seen))) return;
  for (const { start, end, decoded } of decodedParts(text, depth)) {
    let highest = 0;
    collect(decoded, depth + 1, ({ score }) => {
      highest = Math.max(highest, score);
    });
    // Hiding an order is worse than giving it.
    if (highest >= 0.4) found({ rule: 'encoded', start, end, score: Math.min(1, highest + 0.1) });
  }
}

const hexPairs = /(?:[0-9a-fA-F]{2}[\s,:]){11}/;

/** `69 67 6e 6f …`: hex in pairs. */
function manyHexPairs(text: string, seen: number): boolean {
  return (seen & digitSigns) !== 0 && hexPairs.test(text);
}
