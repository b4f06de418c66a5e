/** Adds a subgraph to the text of a supergraph.yaml, whose comments and form stay as they are. */
import { isMap, isPair, isScalar, parseDocument, type YAMLMap } from 'yaml';

/**
 * @param entry what stands after `name: `, in one line
 * @returns undefined where the file has no mapping of subgraphs, and is not for one
 */
export function withSubgraphEntry(text: string, name: string, entry: string): string | undefined {
  const document = parseDocument(text);
  const { contents } = document;
  const line = `${name}: ${entry}`;
  if (!isMap(contents) || contents.has('supergraph')) return undefined;
  const subgraphs: unknown = contents.get('subgraphs', true);
  if (!contents.has('subgraphs')) return `${text.trimEnd()}\nsubgraphs:\n  ${line}\n`;
  if (!isMap(subgraphs)) return undefined;
  const [start = 0, valueEnd = 0] = subgraphs.range ?? [];
  // `{ a: …, b: … }`
  if (subgraphs.flow === true) {
    const separator = subgraphs.items.length === 0 ? ' ' : ', ';
    const before = text.slice(0, valueEnd - 1).trimEnd();
    return `${before}${separator}${line} ${text.slice(valueEnd - 1)}`;
  }
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const end = endOfLast(text, subgraphs);
  return `${text.slice(0, end)}\n${indent}${line}${text.slice(end)}`;
}

/** Where the last line of the last subgraph ends, a comment at its end included. */
function endOfLast(text: string, { items }: YAMLMap): number {
  const last = items.at(-1);
  const node = isPair(last) ? (last.value ?? last.key) : undefined;
  const end = (isMap(node) || isScalar(node) ? node.range?.[1] : undefined) ?? text.length;
  const trimmed = text.slice(0, end).trimEnd().length;
  const lineEnd = text.indexOf('\n', trimmed);
  return lineEnd === -1 ? text.trimEnd().length : lineEnd;
}
