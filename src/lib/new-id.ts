import { randomUUID } from 'node:crypto';

/** An id in the form of model providers: `prefix` and 32 random hexadecimal digits. */
export function newId(prefix: string): string {
  return prefix + randomUUID().replaceAll('-', '');
}
