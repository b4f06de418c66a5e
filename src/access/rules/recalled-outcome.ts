/**
 * The outcome of an operation by what its clauses are, not by their places: so that another generation, whose clauses may be
 * others, knows which outcome would be the same.
 */
import { print } from 'graphql';
import type { Clause } from './operation-rules.ts';

/** The character of each clause of an outcome, by the clause. */
export type DecidedClauses = ReadonlyMap<string, string>;

export function decidedClauses(clauses: readonly Clause[], outcome: string): DecidedClauses {
  return new Map(clauseTexts(clauses).map((text, index) => [text, outcome[index] ?? '0']));
}

/** @returns undefined where a clause has not been decided */
export function recalledOutcome(clauses: readonly Clause[], decided: DecidedClauses): string | undefined {
  let outcome = '';
  for (const text of clauseTexts(clauses)) {
    const character = decided.get(text);
    if (character === undefined) return undefined;
    outcome += character;
  }
  return outcome;
}

/** Clauses that are written alike, of fields of several types, are told apart by their order. */
function clauseTexts(clauses: readonly Clause[]): readonly string[] {
  const counts = new Map<string, number>();
  return clauses.map(({ rule, selected }) => {
    const node = selected?.node;
    const selection = node === undefined ? '' : `${node.name.value}(${node.arguments?.map(print).sort().join() ?? ''})`;
    const text = `${JSON.stringify(rule)} ${selection}`;
    const count = counts.get(text) ?? 0;
    counts.set(text, count + 1);
    return `${text} ${count}`;
  });
}
