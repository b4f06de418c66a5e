import { hash } from 'node:crypto';

/** SHA-256 in hexadecimal: the name of a text in a registry. */
export function hashOfText(text: string): string {
  return hash('sha256', text, 'hex');
}
