/**
 * Manifests of trusted documents, as the clients' build tools write them:
 *
 * - Apollo's (`generate-persisted-query-manifest`): `{ format: "apollo-persisted-query-manifest", version: 1, operations: [{
 *   id, body, name, type, clientName? }] }`
 * - Relay's (`persistConfig.file`) and GraphQL Code Generator's (`persistedDocuments`): `{ "<id>": "<document>" }`
 */
import { DocumentsError, type TrustedDocument } from './trusted-document.ts';

const apolloFormat = 'apollo-persisted-query-manifest';

/**
 * @param origin the file or URL, for messages
 * @throws DocumentsError naming the entry that is wrong
 */
export function readManifest(text: string, origin: string): TrustedDocument[] {
  const manifest = parseObject(text, origin);
  const documents = 'format' in manifest ? readApollo(manifest, origin) : readRelay(manifest, origin);
  const keys = new Set<string>();
  for (const { ids, clientName } of documents)
    for (const id of ids) {
      const key = `${clientName ?? ''}\0${id}`;
      if (keys.has(key))
        throw new DocumentsError(`${origin}: the id ${id} is given twice; each document needs its own`);
      keys.add(key);
    }
  return documents;
}

function parseObject(text: string, origin: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DocumentsError(`${origin}: the manifest is not JSON; name the folder of .graphql files, not one of them`);
  }
  if (isObject(value)) return value;
  throw new DocumentsError(
    `${origin}: the manifest is not an object; write Apollo’s, or one of ids with their documents`,
  );
}

function readApollo({ format, version, operations }: Record<string, unknown>, origin: string): TrustedDocument[] {
  if (format !== apolloFormat || version !== 1) {
    const actual = `${JSON.stringify(format)}, version ${JSON.stringify(version)}`;
    throw new DocumentsError(`${origin}: the format ${actual} is not supported; write ${apolloFormat}, version 1`);
  }
  if (!Array.isArray(operations)) throw new DocumentsError(`${origin}: operations is not a list`);
  return operations.map((operation: unknown, index) => {
    const { id, body, clientName } = isObject(operation) ? operation : {};
    if (!isText(id) || !isText(body))
      throw new DocumentsError(`${origin}: operations[${index}] needs an id and a body, both strings`);
    if (clientName != null && typeof clientName !== 'string')
      throw new DocumentsError(`${origin}: operations[${index}].clientName is not a string`);
    return { ids: [id], text: body, clientName: clientName ?? undefined };
  });
}

function readRelay(manifest: Record<string, unknown>, origin: string): TrustedDocument[] {
  return Object.entries(manifest).map(([id, text]) => {
    if (!isText(id) || !isText(text))
      throw new DocumentsError(`${origin}: ${JSON.stringify(id)} needs a document, a string that is not empty`);
    return { ids: [id], text, clientName: undefined };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
