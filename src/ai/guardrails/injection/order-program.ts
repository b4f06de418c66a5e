/**
 * The rules, compiled to tables for the reader: the symbols of each word, and the steps of the sequences that wait for
 * a symbol. Compiled once, when the first text is scored, as the tables take 3 MB; an error in the rules is thrown there.
 */
import { invariant, onDemand } from '../../../lib/index.ts';
import { evidencePhrases, evidenceRules } from './evidence-rules.ts';
import { phrases as orderPhrases } from './order-phrases.ts';
import { excuses, type InjectionRule, rules } from './order-rules.ts';
import { softWords, urgingWords, wordClasses } from './order-words.ts';
import { hashesOf, misspelt, reversedHash, rotatedHash } from './word-hash.ts';

/** The symbols of a word. */
export interface WordMeaning {
  /** Its symbols; each followed by the symbol for the word as an order's verb, or -1. */
  symbols: Int32Array;
  /** Its symbols if the text is in rot13. */
  rotated: Int32Array;
  /** Whether it is a word of an order written backwards. */
  reversed: boolean;
  /** Eight binary digits. */
  bits: boolean;
  /** Whether an order's verb may follow it if one could be in its place. */
  soft: boolean;
  /** Whether an order's verb may follow it. */
  urging: boolean;
}

export interface Emission {
  readonly rule: InjectionRule | 'negated' | 'quoted';
  readonly score: number;
}

export interface OrderProgram {
  readonly words: ReadonlyMap<number, WordMeaning>;
  /**
   * The steps that wait for a symbol, four numbers each: the step, the previous step, its maximum distance in half
   * words (0 for a first step) and its result: a phrase's symbol, -1 for a step that is not the last, -2 and below for
   * an emission. One array, because each word with a symbol iterates over it.
   */
  readonly waiting: readonly Int32Array[];
  readonly steps: number;
  readonly emissions: readonly Emission[];
  /** Emitted for a comma or a colon after a word. */
  readonly pause: number;
}

interface Step {
  readonly symbol: string;
  readonly reach: number;
}

const none = new Int32Array(0);
const phrases: Readonly<Record<string, string>> = { ...orderPhrases, ...evidencePhrases };

/** Words that are also matched misspelt and backwards. */
const core = ['$ignore', '$previous', '$orders', '$prompt', '$hidden', '$reveal'] as const;
const maxMisspeltLength = 14;

export const orderProgram: () => OrderProgram = onDemand(compile);

function compile(): OrderProgram {
  const symbols = new Map<string, number>();
  const waiting: (readonly number[])[][] = [];
  /** Steps by their previous step: sequences with the same beginning share their first steps. */
  const prefixes = new Map<string, number>();
  let count = 0;
  const emissions: Emission[] = [];
  const symbolOf = (name: string): number => {
    const present = symbols.get(name);
    if (present !== undefined) return present;
    invariant(!name.includes('$') || isDefined(name.replace(/^!?\$/, '')), `no words or phrases are called ${name}`);
    symbols.set(name, waiting.length);
    waiting.push([]);
    return waiting.length - 1;
  };
  const add = (sequences: string, result: number): void => {
    for (const sequence of sequences.split('|'))
      for (const steps of readSequence(sequence)) {
        let before = -1;
        for (const [index, { symbol, reach }] of steps.entries()) {
          const ends = index === steps.length - 1;
          const id = symbolOf(symbol);
          const far = index === 0 ? 0 : reach;
          const key = `${before} ${far} ${id}`;
          const shared = ends ? undefined : prefixes.get(key);
          const step = shared ?? count++;
          if (shared === undefined) waiting[id]?.push([step, before, far, ends ? result : -1]);
          if (!ends) prefixes.set(key, step);
          before = step;
        }
      }
  };
  const emit = (rule: Emission['rule'], score: number, sequences: string): void => {
    add(sequences, -2 - emissions.length);
    emissions.push({ rule, score });
  };
  for (const [name, sequences] of Object.entries(phrases)) add(sequences, symbolOf(`$${name}`));
  for (const { name, score, sequences } of [...rules, ...evidenceRules]) emit(name, score, sequences);
  // `!$phrase`: the phrase as an order's verb, so the `!` is applied to its first term.
  for (let size = 0, compiled = new Set<string>(); size !== symbols.size; ) {
    size = symbols.size;
    for (const name of symbols.keys()) {
      const sequences = phrases[name.replace(/^!\$/, '')];
      if (!name.startsWith('!$') || sequences === undefined || compiled.has(name)) continue;
      compiled.add(name);
      const ordered = sequences.split('|').filter((sequence) => !/^\s*any~/.test(sequence));
      add(ordered.map((sequence) => `!${sequence.trim().replace(/^!/, '')}`).join('|'), symbolOf(name));
    }
  }
  emit('negated', 0, excuses.negated);
  emit('quoted', 0, excuses.quoted);
  return {
    words: meanings(symbols),
    // Later steps first, so that one word does not match two steps of a sequence.
    waiting: waiting.map((steps) => Int32Array.from(steps.toReversed().flat())),
    steps: count,
    emissions,
    pause: symbolOf(','),
  };
}

function isDefined(name: string): boolean {
  return name in wordClasses || name in phrases;
}

/** `a ~2 !$b`, and `any~4 a b c` in every order. */
function readSequence(sequence: string): readonly (readonly Step[])[] {
  const terms = sequence.trim().split(/\s+/);
  const [first = '', ...tail] = terms;
  const any = /^any~(\d+)$/.exec(first);
  if (any !== null) return orders(tail).map((order) => order.map((symbol) => ({ symbol, reach: halves(any[1]) })));
  const steps: Step[] = [];
  let gap = '0';
  for (const term of terms) {
    if (term.startsWith('~')) gap = term.slice(1);
    else {
      steps.push({ symbol: term, reach: halves(gap) });
      gap = '0';
    }
  }
  invariant(steps.length > 0, `a rule has an empty sequence: ${sequence}`);
  return [steps];
}

function halves(words: string | undefined): number {
  return 2 * (Number(words) + 1);
}

function orders(terms: readonly string[]): readonly (readonly string[])[] {
  if (terms.length < 2) return [terms];
  return terms.flatMap((term, index) => orders(terms.toSpliced(index, 1)).map((tail) => [term, ...tail]));
}

function meanings(symbols: ReadonlyMap<string, number>): ReadonlyMap<number, WordMeaning> {
  const words = new Map<number, WordMeaning>();
  const at = (hash: number): WordMeaning => {
    const present = words.get(hash);
    if (present !== undefined) return present;
    const meaning = { symbols: none, rotated: none, reversed: false, bits: false, soft: false, urging: false };
    words.set(hash, meaning);
    return meaning;
  };
  const append = (list: Int32Array, name: string): Int32Array => {
    const plain = symbols.get(name) ?? -1;
    const order = symbols.get(`!${name}`) ?? -1;
    for (let index = 0; index < list.length; index += 2)
      if (list[index] === plain && list[index + 1] === order) return list;
    return plain === -1 && order === -1 ? list : Int32Array.of(...list, plain, order);
  };
  const add = (word: string, name: string): void => {
    for (const hash of hashesOf(word)) at(hash).symbols = append(at(hash).symbols, name);
    const rotated = rotatedHash(word);
    if (rotated !== undefined) at(rotated).rotated = append(at(rotated).rotated, name);
  };
  for (const [name, list] of Object.entries(wordClasses)) for (const word of list.split(/\s+/)) add(word, `$${name}`);
  for (const name of symbols.keys()) {
    const word = name.replace(/^!/, '');
    if (!word.startsWith('$') && word !== ',') add(word, word);
  }
  for (const name of core)
    for (const word of (wordClasses[name.slice(1)] ?? '').split(/\s+/)) {
      if (!/^[a-z]{4,}$/.test(word) || word.length > maxMisspeltLength) continue;
      for (const hash of misspelt(word)) if (!words.has(hash)) at(hash).symbols = append(at(hash).symbols, name);
      if (word.length >= 5) at(reversedHash(word)).reversed = true;
    }
  for (const hash of misspelt('your')) at(hash).symbols = append(at(hash).symbols, 'your');
  for (let byte = 0; byte < 256; byte += 1)
    for (const hash of hashesOf(byte.toString(2).padStart(8, '0'))) at(hash).bits = true;
  for (const word of softWords.split(' ')) for (const hash of hashesOf(word)) at(hash).soft = true;
  for (const word of urgingWords.split(' ')) for (const hash of hashesOf(word)) at(hash).urging = true;
  return words;
}
