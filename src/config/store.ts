/** `store`: where durable state is kept. */
import { z } from 'zod';
import type { YamlPath } from './read-yaml.ts';

const minKeyCharacters = 32;

export const storeYaml = z
  .strictObject({
    url: z
      .string()
      .refine(
        (text) => /^sqlite:(?!:memory:)[^?#]+$/.test(text) || (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)),
        'write sqlite:<file> or postgres://<user>@<host>/<database>',
      )
      .default('sqlite:.isthmus/state.db')
      .describe(
        'Where API keys, the audit log, the ledger of model calls and records of operations are stored: `sqlite:<file>`, or `postgres://…` for several machines. It is opened only where `access.api_keys`, `admin`, `ai.ledger` or `telemetry.records` needs it.',
      ),
    key: z
      .string()
      .refine(
        (text) => text === '' || text.length >= minKeyCharacters,
        `write at least ${minKeyCharacters} characters, such as the output of \`openssl rand -base64 32\``,
      )
      .optional()
      .describe(
        'The secret that names, and what API keys are hashed with, are encrypted with. PostgreSQL requires it; beside an SQLite file one is generated, in a file of the same name that ends in `.key`.',
      ),
    previous_keys: z
      .array(z.string().min(minKeyCharacters, `a key has at least ${minKeyCharacters} characters`))
      .default([])
      .describe(
        'Secrets that the store may still be encrypted with, while `store.key` changes: `isthmus store rekey` encrypts it with the new one. A generated key counts as a previous one as long as its file is there.',
      ),
  })
  .refine(({ url, key }) => url.startsWith('sqlite:') || (key ?? '') !== '', {
    message:
      'PostgreSQL requires a key: write ${ISTHMUS_STORE_KEY}, and set it to the output of `openssl rand -base64 32`',
    path: ['key'],
  })
  .prefault({});

export type StoreConfig = {
  /** Undefined: the generated one of the file beside the database. */
  readonly key: string | undefined;
  /** What it may be encrypted with besides. */
  readonly previousKeys: readonly string[];
  /** Of `store.url`. */
  readonly line: number | undefined;
} & (
  | { readonly kind: 'sqlite' /** An absolute path. */; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }
);

export function resolveStore(
  { url, key, previous_keys: previousKeys }: z.output<typeof storeYaml>,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): StoreConfig {
  const common = { key: key === '' ? undefined : key, previousKeys, line: lineOf(['store', 'url']) };
  if (!url.startsWith('sqlite:')) return { ...common, kind: 'postgres', url };
  return { ...common, kind: 'sqlite', file: at(url.slice('sqlite:'.length)) };
}
