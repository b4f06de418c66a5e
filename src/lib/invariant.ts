/** Programmer errors, kept apart from a user's or the network's: loud in tests, never expected in service. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`);
}

/** Ends every switch over a union, so that a new member is a type error where it is not handled. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable case: ${String(value)}`);
}
