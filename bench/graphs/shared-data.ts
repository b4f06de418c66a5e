/** Where the public federation benchmark's data lies: beside the repository, not in it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../../shared/benchmark/', import.meta.url);

export function sharedBenchmarkFile(name: 'supergraph.graphql' | 'operation.graphql' | 'reviews.json'): string {
  return fileURLToPath(new URL(name, folder));
}

/** Why the public benchmark cannot run here; undefined where it can. */
export function whyNoBenchmarkData(): string | undefined {
  return existsSync(folder) ? undefined : 'its data, ../shared/benchmark, is not on this machine';
}
