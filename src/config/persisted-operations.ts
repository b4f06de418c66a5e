/** `persisted_operations`: documents that clients name by an id instead of sending them, and whether others are served. */
import { z } from 'zod';
import type { YamlPath } from './read-yaml.ts';
import { parseDuration, parseSize, sizePattern } from './units.ts';
import { durationOr } from './values.ts';

const size = z
  .string()
  .regex(sizePattern, 'write a size such as 16mb')
  .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0');

export const persistedOperationsYaml = z
  .strictObject({
    automatic: z
      .boolean()
      .default(false)
      .describe(
        'Whether clients may send the SHA-256 of a document instead of the document, once any client has sent both (automatic persisted queries).',
      ),
    max_size: size.default('16mb').describe('The most memory for automatic persisted queries.'),
    documents: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Trusted documents: folders of .graphql files, and manifests of Apollo or Relay, by file or by http(s) URL. Clients name them by id.',
      ),
    poll: durationOr('10s', 'How often the sources of trusted documents are read again.'),
    warm: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .default(100)
      .describe('How many trusted documents are planned before a generation serves.'),
    safelist: z
      .enum(['off', 'measure', 'documents', 'ids'])
      .default('off')
      .describe(
        'What else is served: everything (`off`), everything, with a line in the log for what is not trusted (`measure`), trusted documents alone, by id or by text (`documents`), or by id alone (`ids`).',
      ),
  })
  .refine(({ safelist, documents }) => safelist === 'off' || documents.length > 0, {
    message: 'there are no trusted documents: add documents',
    path: ['safelist'],
  })
  .refine(({ safelist, automatic }) => !automatic || safelist === 'off' || safelist === 'measure', {
    message: 'any document could be registered: leave automatic out, or write safelist: measure',
    path: ['automatic'],
  })
  .prefault({});

/** Where trusted documents are read from. */
export type DocumentSource = {
  /** The key of supergraph.yaml that names it. */
  readonly place: string;
  readonly line: number | undefined;
} & (
  | { readonly kind: 'path' /** Of a folder or a file, absolute. */; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
);

export interface PersistedOperationsConfig {
  readonly automatic: boolean;
  readonly maxBytes: number;
  readonly documents: readonly DocumentSource[];
  readonly pollMs: number;
  /** How many documents are planned before a generation serves. */
  readonly warm: number;
  readonly safelist: 'off' | 'measure' | 'documents' | 'ids';
}

export function resolvePersistedOperations(
  { automatic, max_size, documents, poll, warm, safelist }: z.output<typeof persistedOperationsYaml>,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): PersistedOperationsConfig {
  return {
    automatic,
    maxBytes: parseSize(max_size) ?? 0,
    documents: documents.map((source, index) => {
      const place = `persisted_operations.documents[${index}]`;
      const line = lineOf(['persisted_operations', 'documents', index]);
      const isUrl = /^https?:\/\//.test(source);
      return isUrl ? { place, line, kind: 'url', url: source } : { place, line, kind: 'path', path: at(source) };
    }),
    pollMs: parseDuration(poll) ?? 0,
    warm,
    safelist,
  };
}
