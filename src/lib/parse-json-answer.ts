const byteOrderMark = 0xfeff;

/**
 * Reads what a server answered. Some begin with a byte order mark, and what reads JSON may pass over it (RFC 8259,
 * section 8.1).
 *
 * @throws SyntaxError
 */
export function parseJsonAnswer(text: string): unknown {
  return JSON.parse(text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text);
}
