import { readFileSync } from 'node:fs';

/** The version in a package.json, its path relative to this file. */
export function packageVersion(path: string): string {
  return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { readonly version: string }).version;
}
