/**
 * Reads a supergraph from a folder in the OCI image layout, as `oras copy --to-oci-layout` writes it of a graph artifact:
 * `index.json` names a manifest, the manifest a layer of the type `application/apollo.schema`, and each is the blob that its
 * SHA-256 names. What does not have the digest and size that it is said to have is refused.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { SupergraphSource } from '../../config/index.ts';
import { readTextFile } from '../../lib/index.ts';

const schemaType = 'application/apollo.schema';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const refName = 'org.opencontainers.image.ref.name';
const maxJsonBytes = 4_000_000;

const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest is sha256 in hexadecimal'),
  size: z.number().int().min(0),
  annotations: z.record(z.string(), z.string()).optional(),
});
const layout = z.object({ imageLayoutVersion: z.literal('1.0.0') });
const index = z.object({ schemaVersion: z.literal(2), manifests: z.array(descriptor) });
const manifest = z.object({ schemaVersion: z.literal(2), layers: z.array(descriptor) });

type Descriptor = z.output<typeof descriptor>;

/** @throws Error with the reason */
export async function readOciLayout(
  { folder, tag }: Extract<SupergraphSource, { readonly kind: 'oci' }>,
  maxBytes: number,
): Promise<string> {
  parse('oci-layout', layout, await readTextFile(join(folder, 'oci-layout'), { maxBytes: maxJsonBytes }));
  const { manifests } = parse('index.json', index, await readTextFile(indexFile(folder), { maxBytes: maxJsonBytes }));
  const chosen = chooseManifest(manifests, tag);
  const { layers } = parse('the manifest', manifest, await readBlob(folder, chosen, maxJsonBytes));
  const schemas = layers.filter(({ mediaType }) => mediaType === schemaType);
  const [schema] = schemas;
  if (schema === undefined || schemas.length > 1)
    throw new Error(`the manifest has ${schemas.length} layers of the type ${schemaType}, not one`);
  return readBlob(folder, schema, maxBytes);
}

/** The file whose change says that the layout has another supergraph. */
export function indexFile(folder: string): string {
  return join(folder, 'index.json');
}

function chooseManifest(manifests: readonly Descriptor[], tag: string | undefined): Descriptor {
  const images = manifests.filter(({ mediaType }) => mediaType === manifestType);
  const tagged = tag === undefined ? images : images.filter(({ annotations }) => annotations?.[refName] === tag);
  const [chosen] = tagged;
  if (chosen === undefined)
    throw new Error(tag === undefined ? 'index.json has no manifest' : 'index.json has no manifest of this tag');
  if (tagged.length > 1) throw new Error('index.json has several manifests: name one with supergraph.tag');
  return chosen;
}

async function readBlob(folder: string, { digest, size }: Descriptor, maxBytes: number): Promise<string> {
  const hex = digest.slice('sha256:'.length);
  if (size > maxBytes) throw new Error(`the blob ${digest} is longer than ${maxBytes} bytes`);
  const text = await readTextFile(join(folder, 'blobs', 'sha256', hex), { maxBytes });
  // A blob that is no UTF-8 has another digest once it has been decoded.
  if (Buffer.byteLength(text) !== size || hash('sha256', text) !== hex)
    throw new Error(`the blob ${digest} is not what its digest and size say`);
  return text;
}

function parse<Schema extends z.ZodType>(name: string, schema: Schema, text: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name} is no JSON`);
  }
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw new Error(`${name} is not of an OCI image layout: ${error.issues[0]?.path.join('.')}`);
  return data;
}
