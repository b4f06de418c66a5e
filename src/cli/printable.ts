/** In one line: a model's or another server's words must not move a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
