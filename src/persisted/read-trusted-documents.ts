/** The trusted documents of a configuration, read once: for tools that follow none. */
import { ConfigError, type ResolvedConfig } from '../config/index.ts';
import type { Logger } from '../observability/index.ts';
import { ManifestCopies } from './manifest-copies.ts';
import { readDocuments, SourceError } from './read-documents.ts';
import type { TrustedDocument } from './trusted-document.ts';

/** Reads all sources; where an address does not answer, what it gave last. */
export function documentsReader(
  { file, persistedOperations: { documents: sources } }: Pick<ResolvedConfig, 'file' | 'persistedOperations'>,
  log: Logger,
): { readonly read: () => Promise<TrustedDocument[]>; onlyFresh(): void } {
  const copies = new ManifestCopies({
    configFile: file,
    onUnstored: (reason) => log.warn({ reason }, 'manifests of trusted documents cannot be stored on disk'),
  });
  let onCopyUsed: ((url: string, reason: string) => void) | undefined = (url, reason) =>
    log.warn(
      { host: new URL(url).host, reason },
      'a manifest of trusted documents cannot be fetched; the last one is used',
    );
  return {
    read: () => readDocuments(sources, { copies, onCopyUsed }),
    onlyFresh: () => {
      onCopyUsed = undefined;
    },
  };
}

/** @throws ConfigError naming the source that cannot be used */
export async function readTrustedDocuments(
  config: Pick<ResolvedConfig, 'file' | 'persistedOperations'>,
  log: Logger,
): Promise<readonly TrustedDocument[]> {
  try {
    return await documentsReader(config, log).read();
  } catch (error) {
    throw sourceProblem(config.file, error);
  }
}

/** As the configuration names the source. */
export function sourceProblem(file: string, error: unknown): unknown {
  if (!(error instanceof SourceError)) return error;
  const { place: path, line } = error.source;
  return new ConfigError(file, [{ path, line, message: error.message }]);
}
