/**
 * A folder of .graphql files, with its subfolders: each file with operations is a trusted document, whose ids are its path
 * without the ending (`checkout/cart`) and the SHA-256 of its document. Fragments of files that hold nothing else are added
 * to the documents that use them.
 */
import { hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type DocumentNode, type FragmentDefinitionNode, GraphQLError, Kind, parse, print } from 'graphql';
import { fragmentsOf, usedFragments } from '../documents/index.ts';
import { readTextFile } from '../lib/index.ts';
import { DocumentsError, type TrustedDocument } from './trusted-document.ts';

interface ReadFile {
  readonly path: string;
  readonly text: string;
  readonly document: DocumentNode;
}

/** @throws DocumentsError naming the file that is wrong */
export async function readFolder(folder: string): Promise<TrustedDocument[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory() && /\.(graphql|gql)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files = await Promise.all(paths.map(readFile));
  const withoutOperations = files.filter(({ document }) => !hasOperation(document));
  const shared = new Map(withoutOperations.flatMap(({ document }) => [...fragmentsOf(document)]));
  return files
    .filter(({ document }) => hasOperation(document))
    .map((file) => {
      const text = withFragments(file, shared);
      const name = relative(folder, file.path)
        .replace(/\.(graphql|gql)$/, '')
        .replaceAll(sep, '/');
      return { ids: [name, hash('sha256', text, 'hex')], text, clientName: undefined };
    });
}

async function readFile(path: string): Promise<ReadFile> {
  const text = await readTextFile(path);
  try {
    return { path, text, document: parse(text, { maxTokens: 100_000 }) };
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [at] = error.locations ?? [];
    throw new DocumentsError(`${path}${at === undefined ? '' : `:${at.line}:${at.column}`}: ${error.message}`);
  }
}

function hasOperation({ definitions }: DocumentNode): boolean {
  return definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION);
}

/** The file’s text, followed by the shared fragments that it uses, directly or through others. */
function withFragments({ text, document }: ReadFile, shared: ReadonlyMap<string, FragmentDefinitionNode>): string {
  const local = fragmentsOf(document);
  const used = usedFragments(document, new Map([...shared].filter(([name]) => !local.has(name))));
  return used.size === 0
    ? text
    : [text.trimEnd(), ...[...used.values()].map((fragment) => print(fragment))].join('\n\n');
}
