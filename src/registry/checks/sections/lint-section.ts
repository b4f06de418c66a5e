/** What lint and composition's hints say of the subgraphs that change, without what they said before. */
import type { CompositionProblem } from '../../../supergraph/index.ts';
import type { Examination } from '../examine/examine.ts';
import { compositionDrafts } from './composition-section.ts';
import type { Draft } from './draft.ts';

export function lintDrafts(lint: Examination['lint']): readonly Draft[] {
  return lint.map(({ rule, severity, message, line, coordinate, suggestedFix, source }) => ({
    severity,
    code: rule,
    ...(coordinate === undefined ? {} : { subject: coordinate }),
    message,
    places: [{ subgraph: source.name, file: source.origin, line }],
    suggestedFix,
  }));
}

export function newHints(
  before: readonly CompositionProblem[],
  after: readonly CompositionProblem[],
): readonly Draft[] {
  const earlierKeys = new Set(before.map(keyOf));
  return compositionDrafts(after.filter((hint) => !earlierKeys.has(keyOf(hint))));
}

/** Without its lines, which every change above them moves. */
function keyOf({ code, message }: CompositionProblem): string {
  return `${code}\n${message}`;
}

export const eslintMissing =
  'the rules of graphql-eslint did not run: npm install --save-dev eslint @graphql-eslint/eslint-plugin';
