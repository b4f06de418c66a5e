/** A document that its owner has declared: clients may name it by its ids. */
export interface TrustedDocument {
  readonly ids: readonly string[];
  readonly text: string;
  /** The only client, by its name, that it is for; undefined: it is for all. */
  readonly clientName: string | undefined;
}

/** A source of trusted documents that cannot be used; the message says which, what is wrong, and how to mend it. */
export class DocumentsError extends Error {
  override readonly name = 'DocumentsError';
}
