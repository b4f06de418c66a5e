/** The text of an operation: of a file, of the input, or of a trusted document by its name. */
import { existsSync } from 'node:fs';
import type { ResolvedConfig } from '../../config/index.ts';
import { didYouMean } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { readTrustedDocuments } from '../../persisted/index.ts';
import { UnjudgedError } from '../access/judge-operation.ts';
import { readInput } from '../read-input.ts';

/** @throws UnjudgedError, or ConfigError for documents that cannot be used */
export async function readOperation(name: string, config: ResolvedConfig, log: Logger): Promise<string> {
  if (name === '-' || config.persistedOperations.documents.length === 0 || existsSync(name)) return readInput(name);
  const documents = await readTrustedDocuments(config, log);
  const document = documents.find(({ ids }) => ids.includes(name));
  if (document !== undefined) return document.text;
  const near = didYouMean(
    name,
    documents.flatMap(({ ids }) => ids),
  );
  throw new UnjudgedError(`there is no file and no trusted document ${name}${near}`);
}
