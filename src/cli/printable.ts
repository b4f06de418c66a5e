/** One line without control characters: text of a model or another server must not send escape sequences to a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
