/** One file holds the results of every benchmark: a run replaces its own part of it, and leaves the others as they are. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { print } from './print.ts';
import type { Results } from './results.ts';

export function keepResults(file: string, part: Results | Pick<Results, 'ai'> | Pick<Results, 'fields'>): void {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined;
  const { ai, fields } = kept ?? {};
  const results = 'measurements' in part ? { ...part, ai, fields } : { ...kept, ...part };
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  print(`${file} is written; node bench/render.ts draws it`);
}
