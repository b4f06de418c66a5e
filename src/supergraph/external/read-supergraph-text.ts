/** Reads the SDL of a supergraph from where its registry has it: a URL, a file, or an OCI image layout. */
import { relative } from 'node:path';
import type { SupergraphSource } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { readTextFile, unreachable } from '../../lib/index.ts';
import { CompositionError } from '../composition.ts';
import { withoutCredentials } from '../read-sources.ts';
import { suggestedFixFor } from '../suggested-fixes.ts';
import { fetchSupergraph } from './fetch-supergraph.ts';
import { readOciLayout } from './read-oci-layout.ts';

/** The size limit of a supergraph; those of 10,000 types have about 4 MB. */
export const maxSupergraphBytes = 50_000_000;

/** The error code of a supergraph that cannot be read. */
export const supergraphUnavailable = 'SUPERGRAPH_UNAVAILABLE';

export interface SupergraphText {
  readonly sdl: string;
  readonly etag: string | undefined;
}

export interface ReadTextOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What is known already: it is returned where it has not changed. */
  readonly known?: SupergraphText | undefined;
}

/** @throws Error with the reason, or the signal's reason */
export async function readSupergraphText(source: SupergraphSource, options: ReadTextOptions): Promise<SupergraphText> {
  switch (source.kind) {
    case 'file':
      return { sdl: await readTextFile(source.path, { maxBytes: maxSupergraphBytes }), etag: undefined };
    case 'oci':
      return { sdl: await readOciLayout(source, maxSupergraphBytes), etag: undefined };
    case 'http':
      return fetchSupergraph(source, { ...options, maxBytes: maxSupergraphBytes });
    default:
      return unreachable(source);
  }
}

/** Where it comes from, as printed in problems: without user name and password. */
export function originOf(source: SupergraphSource): string {
  if (source.kind === 'http') return withoutCredentials(source.url);
  const path = relative(process.cwd(), source.kind === 'file' ? source.path : source.folder);
  return source.kind === 'oci' && source.tag !== undefined ? `${path}:${source.tag}` : path;
}

export function unavailableError(source: SupergraphSource, reason: unknown): CompositionError {
  const isMissing = (reason as NodeJS.ErrnoException).code === 'ENOENT';
  return new CompositionError([
    {
      severity: 'error',
      code: supergraphUnavailable,
      message: isMissing ? 'there is no such supergraph' : `the supergraph cannot be read: ${messageOf(reason)}`,
      places: [{ subgraph: 'supergraph', origin: originOf(source), line: undefined }],
      suggestedFix: suggestedFixFor(supergraphUnavailable, undefined),
    },
  ]);
}
