import { Kind, parse, print, visit } from 'graphql';

/**
 * A document of traffic with numbers again: without the clients' values they are 0, which would be the sizes of empty lists.
 * @param size of a list of which nothing is known
 */
export function withAssumedSizes(document: string, size: number): string {
  try {
    const assumed = { kind: Kind.INT, value: String(size) } as const;
    return print(visit(parse(document), { [Kind.INT]: (node) => (node.value === '0' ? assumed : undefined) }));
  } catch {
    return document; // the section of documents says what is wrong
  }
}
