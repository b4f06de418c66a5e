/** Reads all sources of trusted documents, whole or not at all. */
import { stat } from 'node:fs/promises';
import type { DocumentSource } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { readBounded, readTextFile } from '../lib/index.ts';
import type { ManifestCopies } from './manifest-copies.ts';
import { readFolder } from './read-folder.ts';
import { readManifest } from './read-manifest.ts';
import { DocumentsError, type TrustedDocument } from './trusted-document.ts';

const timeoutMs = 10_000;
const maxManifestBytes = 50_000_000;

/** A source that cannot be used: what is wrong, and the way to mend it. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly source: DocumentSource;

  constructor(source: DocumentSource, cause: unknown) {
    const name = source.kind === 'url' ? source.url : source.path;
    const reason = `${name}: the documents cannot be read (${messageOf(cause)})`;
    super(cause instanceof DocumentsError ? cause.message : reason, { cause });
    this.source = source;
  }
}

export interface ReadDocumentsOptions {
  readonly copies: ManifestCopies;
  /** Called where an address does not answer: its copy is read instead. Undefined: then nothing is read. */
  readonly onCopyUsed?: ((url: string, reason: string) => void) | undefined;
}

/** @throws SourceError for the first source that cannot be used */
export async function readDocuments(
  sources: readonly DocumentSource[],
  options: ReadDocumentsOptions,
): Promise<TrustedDocument[]> {
  const read = async (source: DocumentSource): Promise<TrustedDocument[]> => {
    try {
      return source.kind === 'url' ? await readUrl(source.url, options) : await readPath(source.path);
    } catch (error) {
      throw new SourceError(source, error);
    }
  };
  return (await Promise.all(sources.map(read))).flat();
}

async function readPath(path: string): Promise<TrustedDocument[]> {
  const stats = await stat(path);
  return stats.isDirectory() ? readFolder(path) : readManifest(await readTextFile(path), path);
}

/** A manifest that is wrong does not replace its copy. */
async function readUrl(url: string, { copies, onCopyUsed }: ReadDocumentsOptions): Promise<TrustedDocument[]> {
  let text: string;
  try {
    text = await fetchText(url);
  } catch (error) {
    const copy = onCopyUsed && (await copies.find(url));
    if (copy === undefined) throw error;
    onCopyUsed?.(url, messageOf(error));
    return readManifest(copy, url);
  }
  const documents = readManifest(text, url);
  await copies.store(url, text);
  return documents;
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  if (!response.ok) {
    await response.body?.cancel();
    throw new DocumentsError(`${url}: the answer was ${response.status}; the manifest is expected there`);
  }
  const tooLong = () => new DocumentsError(`${url}: the manifest is longer than ${maxManifestBytes} bytes`);
  return (await readBounded(response.body, maxManifestBytes, tooLong)).toString('utf8');
}
