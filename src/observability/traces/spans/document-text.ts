/** An operation's document for a trace: what the log would redact is redacted here, too, and what is too long is cut. */
import { credentialNames } from '../../logger.ts';

const maxLength = 16_384;
const credentials = new RegExp(
  `\\b(${[...credentialNames].join('|')})(\\s*:\\s*)(?:"""[\\s\\S]*?"""|"(?:[^"\\\\\\n]|\\\\.)*"|[^\\s"$,(){}\\[\\]]+)`,
  'g',
);

export function documentText(document: string): string {
  const redacted = document.replace(credentials, '$1$2"[redacted]"');
  return redacted.length <= maxLength ? redacted : `${redacted.slice(0, maxLength)}…`;
}
