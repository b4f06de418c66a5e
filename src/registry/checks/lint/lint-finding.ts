/** What lint says of one place of a subgraph's SDL. */
export interface LintFinding {
  /** `naming-convention` of graphql-eslint, `federation/key-nullable`, or `INVALID_GRAPHQL`. */
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Counted from 1. */
  readonly line: number | undefined;
  /** `Type`, `Type.field`, `Enum.VALUE`, where it is about one. */
  readonly coordinate: string | undefined;
  readonly suggestedFix: string;
}
