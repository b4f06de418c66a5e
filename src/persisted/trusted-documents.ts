/** The trusted documents that serve at a time: found by id, recognised by text. Immutable; a change makes another. */
import { hash } from 'node:crypto';
import { type DocumentNode, Kind, parse, stripIgnoredCharacters } from 'graphql';
import type { TrustedDocument } from './trusted-document.ts';

/** An operation with no variables, as far as planning needs it. */
export interface TrustedOperation {
  /** SHA-256 of the document's text, in hexadecimal. */
  readonly documentHash: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly conditions: Readonly<Record<string, unknown>>;
}

export class TrustedDocuments {
  readonly all: readonly TrustedDocument[];
  /** What it was made of: another set of documents has others. */
  readonly texts: readonly string[];
  readonly #byId = new Map<string, TrustedDocument[]>();
  readonly #byText = new Map<string, TrustedDocument[]>();
  /** By the hash of the text without what GraphQL ignores; made when a text is first looked for that is not equal to one. */
  #byTokens: Map<string, TrustedDocument[]> | undefined;

  constructor(all: readonly TrustedDocument[]) {
    this.all = all;
    this.texts = all.flatMap(({ ids, text, clientName }) => [ids.join(' '), text, clientName ?? '']);
    for (const document of all) {
      for (const id of document.ids) addTo(this.#byId, id, document);
      addTo(this.#byText, document.text, document);
    }
  }

  find(id: string, clientName: string | undefined): TrustedDocument | undefined {
    return forClient(this.#byId.get(id), clientName);
  }

  /** Whether the text is that of a document, however it is laid out. */
  admits(text: string, clientName: string | undefined): boolean {
    if (forClient(this.#byText.get(text), clientName) !== undefined) return true;
    this.#byTokens ??= this.#indexTokens();
    return forClient(this.#byTokens.get(tokensOf(text)), clientName) !== undefined;
  }

  /** The operations of the first documents, to plan them ahead; those that are no GraphQL are left out. */
  operations(count: number): readonly TrustedOperation[] {
    return this.all.slice(0, count).flatMap(({ text }) => {
      try {
        return operationsOf(text);
      } catch {
        return [];
      }
    });
  }

  #indexTokens(): Map<string, TrustedDocument[]> {
    const index = new Map<string, TrustedDocument[]>();
    for (const document of this.all) addTo(index, tokensOf(document.text), document);
    return index;
  }
}

function addTo(index: Map<string, TrustedDocument[]>, key: string, document: TrustedDocument): void {
  const documents = index.get(key);
  if (documents === undefined) index.set(key, [document]);
  else documents.push(document);
}

/** A client’s own comes before one for all. */
function forClient(documents: readonly TrustedDocument[] = [], clientName: string | undefined) {
  return (
    documents.find((document) => document.clientName !== undefined && document.clientName === clientName) ??
    documents.find((document) => document.clientName === undefined)
  );
}

/** The hash of a text without white space, commas and comments; of what is not GraphQL, of the text. */
function tokensOf(text: string): string {
  try {
    return hash('sha256', stripIgnoredCharacters(text), 'hex');
  } catch {
    return hash('sha256', text, 'hex');
  }
}

/** A single operation is run with and without its name. */
function operationsOf(text: string): TrustedOperation[] {
  const document = parse(text);
  const documentHash = hash('sha256', text, 'hex');
  const names = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.name?.value] : [],
  );
  const all = names.length === 1 ? new Set([undefined, ...names]) : names;
  return [...all].map((operationName) => ({ documentHash, document, operationName, conditions: {} }));
}
