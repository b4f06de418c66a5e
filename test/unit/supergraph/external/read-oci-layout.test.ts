import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readOciLayout } from '../../../../src/supergraph/external/read-oci-layout.ts';

const root = await mkdtemp(join(tmpdir(), 'isthmus-oci-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const describe = (mediaType: string, text: string) => ({
  mediaType,
  digest: `sha256:${hash('sha256', text)}`,
  size: Buffer.byteLength(text),
});

let layouts = 0;
/** A layout of these layers; `index` replaces its `index.json`. */
async function layoutOf(layers: readonly (readonly [string, string])[], index?: object): Promise<string> {
  const folder = join(root, `${layouts++}`);
  await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
  const manifest = JSON.stringify({ schemaVersion: 2, layers: layers.map(([type, text]) => describe(type, text)) });
  for (const text of [manifest, ...layers.map(([, layer]) => layer)])
    await writeFile(join(folder, 'blobs', 'sha256', hash('sha256', text)), text);
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const whole = index ?? { manifests: [describe(manifestType, manifest)] };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, ...whole }));
  return folder;
}

const read = (folder: string, tag?: string) => readOciLayout({ kind: 'oci', folder, tag }, 100);
const schema = ['application/apollo.schema', 'type Query { é: Int }'] as const;

it('the only manifest’s only layer of a schema is read, whatever other layers there are', async () => {
  expect(await read(await layoutOf([['application/octet-stream', 'x'], schema]))).toBe(schema[1]);
});

it.each<[string, () => Promise<string>, string]>([
  ['no layout', async () => join(root, 'nowhere'), 'ENOENT'],
  ['no manifest', () => layoutOf([schema], { manifests: [] }), 'no manifest'],
  ['no layer of a schema', () => layoutOf([]), '0 layers of the type application/apollo.schema'],
  ['two layers of a schema', () => layoutOf([schema, ['application/apollo.schema', 'b']]), '2 layers'],
  ['a layer that is too long', () => layoutOf([['application/apollo.schema', 'x'.repeat(101)]]), 'longer than 100'],
  ['an index of another form', () => layoutOf([schema], { manifests: 1 }), 'index.json is not of an OCI image layout'],
  [
    'a digest that leads out of the folder',
    () =>
      layoutOf([schema], { manifests: [{ mediaType: manifestType, digest: 'sha256:../../../oci-layout', size: 1 }] }),
    'manifests.0.digest',
  ],
])('%s is refused, with the reason', async (_, folder, reason) => {
  await expect(folder().then((path) => read(path))).rejects.toThrow(reason);
});

it('several manifests need a tag, which one of them has', async () => {
  const folder = await layoutOf([schema]);
  const index = { manifests: [describe(manifestType, 'a'), describe(manifestType, 'b')] };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, ...index }));
  await expect(read(folder)).rejects.toThrow('name one with supergraph.tag');
  await expect(read(folder, 'v1')).rejects.toThrow('no manifest of this tag');
});

it('a blob with another content than its digest says is refused', async () => {
  const folder = await layoutOf([schema]);
  await writeFile(join(folder, 'blobs', 'sha256', hash('sha256', schema[1])), schema[1].replace('Int', 'ID!'));
  await expect(read(folder)).rejects.toThrow('not what its digest and size say');
});
