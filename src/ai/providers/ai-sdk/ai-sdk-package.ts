/**
 * Resolves and loads AI SDK provider packages: those that Isthmus depends on, and any other package that is installed
 * beside `supergraph.yaml`. Only package names are resolved, never paths.
 *
 * The factory of a package is its export named `create…` that returns `languageModel`: the one named after the package
 * (`createAmazonBedrock` of `@ai-sdk/amazon-bedrock`) if there is one, else the first such export by name.
 */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider';
import { messageOf } from '../../../errors/index.ts';
import { ProviderFailure, parseJson, recordOf } from '../../model-call/index.ts';

/** The members of a factory's result that are used here. */
export interface AiSdkModels {
  languageModel(model: string): LanguageModelV4;
  embeddingModel(model: string): EmbeddingModelV4;
}

export type AiSdkFactory = (settings: Readonly<Record<string, unknown>>) => AiSdkModels;

const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/** Why the package cannot be used, in one sentence, or `undefined`. Does not load it. */
export function checkAiSdkPackage(name: string, resolveFrom: string): string | undefined {
  if (!packageName.test(name)) return `"${name}" is not the name of a package`;
  const entry = entryOf(name, resolveFrom);
  if (entry !== undefined) return undefined;
  return `the package ${name} is not installed: run "npm install ${name}" where supergraph.yaml is`;
}

/** Loads the package. Rejects with a `ProviderFailure` of kind `unsupported` whose detail tells how to fix it. */
export async function loadAiSdkFactory(name: string, resolveFrom: string): Promise<AiSdkFactory> {
  const wrong = checkAiSdkPackage(name, resolveFrom);
  if (wrong !== undefined) throw new ProviderFailure({ kind: 'unsupported', detail: wrong });
  const exported = await loadModule(name, resolveFrom);
  const creators = factoriesOf(name, exported);
  return (settings) => {
    for (const create of creators) {
      const models = modelsOf(create(settings));
      if (models !== undefined) return models;
    }
    throw new ProviderFailure({
      kind: 'unsupported',
      detail: `the package ${name} exports no create… that gives language models`,
    });
  };
}

async function loadModule(name: string, resolveFrom: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return recordOf(await import(entryOf(name, resolveFrom) ?? name));
  } catch (error) {
    throw new ProviderFailure({
      kind: 'unsupported',
      detail: `the package ${name} cannot be loaded: ${messageOf(error)}`,
    });
  }
}

/** The URL of the package's module: dependencies of Isthmus take precedence over packages beside supergraph.yaml. */
function entryOf(name: string, resolveFrom: string): string | undefined {
  for (const base of [import.meta.url, pathToFileURL(resolve(resolveFrom, 'supergraph.yaml')).href]) {
    try {
      const packageFile = findPackageJSON(name, base);
      if (packageFile === undefined) continue;
      const described = recordOf(parseJson(readFileSync(packageFile, 'utf8')));
      const main = exportedPath(recordOf(described.exports)['.'] ?? described.exports) ?? described.main ?? 'index.js';
      return pathToFileURL(resolve(dirname(packageFile), String(main))).href;
    } catch {
      // Not resolvable from here.
    }
  }
  return undefined;
}

/** The path of an `exports` entry for `import` (Node's common conditions only). */
function exportedPath(entry: unknown): string | undefined {
  if (typeof entry === 'string') return entry;
  if (Array.isArray(entry)) return exportedPath(entry[0]);
  for (const [condition, inner] of Object.entries(recordOf(entry))) {
    if (condition !== 'import' && condition !== 'node' && condition !== 'default') continue;
    const path = exportedPath(inner);
    if (path !== undefined) return path;
  }
  return undefined;
}

type Creator = (settings: unknown) => unknown;

function factoriesOf(name: string, exported: Readonly<Record<string, unknown>>): readonly Creator[] {
  const shortName = (name.split('/').at(-1) ?? name).replaceAll(/[^a-z0-9]/g, '');
  const creators = Object.entries(exported)
    .filter((entry): entry is [string, Creator] => /^create[A-Z]/.test(entry[0]) && typeof entry[1] === 'function')
    .map(([key, create]) => ({ key: key.slice('create'.length).toLowerCase(), create }))
    .sort(
      (first, second) =>
        Number(second.key === shortName) - Number(first.key === shortName) || (first.key < second.key ? -1 : 1),
    );
  return creators.map(({ create }) => create);
}

function modelsOf(instance: unknown): AiSdkModels | undefined {
  if (instance === null || (typeof instance !== 'object' && typeof instance !== 'function')) return undefined;
  const { languageModel, embeddingModel, textEmbeddingModel } = instance as Readonly<Record<string, unknown>>;
  if (typeof languageModel !== 'function') return undefined;
  return {
    languageModel: (model) => ofThisSpecification<LanguageModelV4>(languageModel.call(instance, model)),
    embeddingModel(model) {
      const embed = embeddingModel ?? textEmbeddingModel;
      if (typeof embed !== 'function') throw new ProviderFailure({ kind: 'unsupported', detail: 'no embeddings' });
      return ofThisSpecification<EmbeddingModelV4>(embed.call(instance, model));
    },
  };
}

function ofThisSpecification<Model>(model: unknown): Model {
  const version = recordOf(model).specificationVersion;
  if (version === 'v4') return model as Model;
  throw new ProviderFailure({
    kind: 'unsupported',
    detail: `the package speaks version ${String(version)} of the AI SDK's specification, not v4: install its latest version`,
  });
}
