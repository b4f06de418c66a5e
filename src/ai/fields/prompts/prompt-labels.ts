/**
 * `labels.yaml` of a folder of prompts: `review-summary: { production: 3 }`, or several versions with weights,
 * `review-summary: { production: { 3: 90, 4: 10 } }`.
 *
 * A weighted choice is sticky: the same key (an entity) gets the same version, and a change of weights moves the minimal
 * number of keys (weighted rendezvous hashing: each version gets a score from the key, the highest score wins).
 */
import { hash } from 'node:crypto';
import { isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { PromptError } from './prompt-error.ts';

export const labelsFile = 'labels.yaml';

export interface WeightedVersion {
  readonly version: number;
  /** More than 0, relative to the sum of all weights. */
  readonly weight: number;
}

/** By prompt name, then by label: the versions, and the line of the label. */
export type PromptLabels = ReadonlyMap<
  string,
  ReadonlyMap<string, { readonly versions: readonly WeightedVersion[]; readonly line: number }>
>;

/** @throws PromptError with the line of the error */
export function readLabels(text: string): PromptLabels {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const refuse = (message: string, offset: number | undefined): PromptError =>
    new PromptError(message, offset === undefined ? undefined : lines.linePos(offset).line, { file: labelsFile });
  const [error] = document.errors;
  if (error !== undefined) throw refuse(`labels.yaml is not YAML: ${error.message}`, error.pos[0]);
  const labels = new Map<string, Map<string, { versions: readonly WeightedVersion[]; line: number }>>();
  for (const prompt of pairsOf(document.contents, 'prompts', refuse)) {
    const ofPrompt = new Map<string, { versions: readonly WeightedVersion[]; line: number }>();
    for (const label of pairsOf(prompt.value, `the labels of "${prompt.key}"`, refuse)) {
      const place = `the label "${label.key}" of "${prompt.key}"`;
      ofPrompt.set(label.key, {
        versions: versionsOf(label.value, place, refuse),
        line: lines.linePos(label.offset).line,
      });
    }
    labels.set(prompt.key, ofPrompt);
  }
  return labels;
}

type Refuse = (message: string, offset: number | undefined) => PromptError;

interface NamedNode {
  readonly key: string;
  readonly offset: number;
  readonly value: unknown;
}

function pairsOf(node: unknown, what: string, refuse: Refuse): readonly NamedNode[] {
  if (node === null || node === undefined || (isScalar(node) && node.value === null)) return [];
  if (!isMap(node)) throw refuse(`${what} must be a map`, offsetOf(node));
  return node.items.map(({ key, value }: Pair) => {
    const offset = offsetOf(key) ?? 0;
    if (!isScalar(key) || !/^[\w-]+$/.test(String(key.value))) {
      throw refuse(`${what}: a name has letters, digits, _ and -`, offset);
    }
    return { key: String(key.value), offset, value };
  });
}

function versionsOf(node: unknown, place: string, refuse: Refuse): readonly WeightedVersion[] {
  const single = isScalar(node) ? node.value : undefined;
  if (isVersion(single)) return [{ version: single, weight: 1 }];
  if (!isMap(node))
    throw refuse(`${place} must be a version such as 3, or weights such as { 3: 90, 4: 10 }`, offsetOf(node));
  const versions = pairsOf(node, place, refuse).map(({ key, offset, value }) => {
    const weight = isScalar(value) ? value.value : undefined;
    if (!isVersion(Number(key))) throw refuse(`${place}: "${key}" is no version`, offset);
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= 1_000_000)) {
      throw refuse(`${place}: a weight is a number from 0 to 1000000`, offset);
    }
    return { version: Number(key), weight };
  });
  const chosen = versions.filter(({ weight }) => weight > 0);
  if (chosen.length === 0) throw refuse(`${place} has no version with a weight`, offsetOf(node));
  return chosen;
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function offsetOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly number[] | null } | null | undefined)?.range?.[0];
}

/** Chooses the version of a key. */
export function pickWeighted<Version extends { readonly weight: number; readonly name: string }>(
  versions: readonly [Version, ...Version[]],
  stickyKey: string,
): Version {
  let [best] = versions;
  let most = Number.NEGATIVE_INFINITY;
  for (const version of versions) {
    // 48 bits of the hash as a number between 0 and 1, both excluded.
    const drawn = (Number.parseInt(hash('sha256', `${version.name}\n${stickyKey}`).slice(0, 12), 16) + 0.5) / 2 ** 48;
    const score = Math.log(drawn) / version.weight;
    if (score > most) [best, most] = [version, score];
  }
  return best;
}
