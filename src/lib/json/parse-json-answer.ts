import { type ExactJsonOptions, parseExactJson } from './exact-json.ts';

const byteOrderMark = 0xfeff;

/**
 * Parses the JSON of a response. Some servers send a byte order mark, which parsers may ignore (RFC 8259, section 8.1).
 *
 * @throws SyntaxError
 */
export function parseJsonAnswer(text: string): unknown {
  return JSON.parse(withoutMark(text));
}

/**
 * The same with exact numbers.
 *
 * @throws SyntaxError, and RangeError (see {@link parseExactJson})
 */
export function parseExactAnswer(text: string, options?: ExactJsonOptions): unknown {
  return parseExactJson(withoutMark(text), options);
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text;
}
