/**
 * What decides answers, as one hash: gateways that have it in common may send each other's cached answers, wherever their
 * files are and however they are served. A generation's id is another thing: it also changes with ports, paths and timeouts.
 */
import { createHmac } from 'node:crypto';
import { dirname, sep } from 'node:path';
import { stableHash } from '../lib/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';

/** @param maskKey what hashes of `@mask(as: "hash")` are keyed with: another key shows other hashes */
export function answerContent(parts: SupergraphParts, maskKey: string | Uint8Array): string {
  const { config, sources, prompts, code, pluginHashes, policyHashes, composition } = parts;
  const {
    file,
    server: _server,
    admin: _admin,
    store: _store,
    telemetry: _telemetry,
    registry: _registry,
    ...others
  } = config;
  const {
    traffic: _traffic,
    persistedOperations: _persisted,
    packageLines: _lines,
    plugins: _plugins,
    ...rest
  } = others;
  const { response, entities } = config.cache;
  const content = {
    config: { ...rest, cache: { response, entities } },
    sources: [...sources.values()].map(({ name, url, sdl }) => ({ name, url, sdl })),
    prompts: [...prompts].map(([name, { hash }]) => [name, hash]),
    code: [...code].map(([name, { hash }]) => [name, hash]),
    plugins: pluginHashes,
    policies: [...policyHashes],
    maskKey: showsHashes(composition) ? createHmac('sha256', maskKey).update('cached answers').digest('hex') : null,
  };
  return stableHash(withoutFolder(content, `${dirname(file)}${sep}`)).slice(0, 22);
}

function showsHashes({ accessRules }: SupergraphParts['composition']): boolean {
  return [...accessRules.values()].some((rules) =>
    rules.some((rule) => rule.kind === 'mask' && rule.forms.some(({ as }) => as === 'hash')),
  );
}

/** Paths are absolute once a configuration is resolved; here they are as in the file. */
function withoutFolder(value: unknown, folder: string): unknown {
  if (typeof value === 'string') return value.startsWith(folder) ? `./${value.slice(folder.length)}` : value;
  if (Array.isArray(value)) return value.map((item) => withoutFolder(item, folder));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Map) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFolder(item, folder)]));
}
