/**
 * Counts the tokens of a document before anything is made of it: a parser builds a node of each, and it calls itself for
 * each level of nesting.
 */
import { Lexer, Source, TokenKind } from 'graphql';

export interface TokenCount {
  readonly tokens: number;
  /** Where the first token is that is too many; undefined where none is. */
  readonly excess: { readonly line: number; readonly column: number } | undefined;
}

/**
 * @param limit how many tokens are allowed
 * @param ceiling counting ends here, so that the time of a refusal is bounded
 * @returns undefined for text that has no tokens of GraphQL: the parser says where
 */
export function countTokens(text: string, limit: number, ceiling: number): TokenCount | undefined {
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let excess: TokenCount['excess'];
  try {
    while (tokens <= ceiling) {
      const { kind, line, column } = lexer.advance();
      if (kind === TokenKind.EOF) break;
      tokens++;
      if (tokens > limit) excess ??= { line, column };
    }
  } catch {
    return undefined;
  }
  return { tokens, excess };
}
