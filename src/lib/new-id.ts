import { randomUUID } from 'node:crypto';

/** An id as model providers write theirs: `prefix` and 32 random hexadecimal digits. */
export function newId(prefix: string): string {
  return prefix + randomUUID().replaceAll('-', '');
}
