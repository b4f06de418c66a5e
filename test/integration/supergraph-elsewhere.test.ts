/** A gateway in front of a graph that another registry has composed: over HTTP, as Hive's CDN serves it, and as an OCI layout. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createGateway, createLogger, type Gateway } from '../../src/index.ts';
import { composeSubgraphs } from '../../src/supergraph/compose-subgraphs.ts';
import { vault } from '../testkit/graphs/vault.ts';
import { callerHeaders, randomCaller, startVault } from '../testkit/graphs/vault-callers.ts';
import { Random } from '../testkit/random/random.ts';
import { type SupergraphRegistry, startSupergraphRegistry } from '../testkit/servers/supergraph-registry.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

const limits = { cost: { max: 10_000, list_size: 5 } };
const access = {
  proxy: { from: ['127.0.0.1'], id: 'x-user', scopes: 'x-scopes' },
  policies: { own: 'args.of == principal.id' },
  explain: 'everyone',
};
const settings = `limits: ${JSON.stringify(limits)}\naccess: ${JSON.stringify(access)}`;

let composedHere: TestGateway;
let registry: SupergraphRegistry;
let folder: string;
beforeAll(async () => {
  composedHere = await startVault({ explain: 'everyone' }, limits);
  registry = await startSupergraphRegistry(supergraphOf(composedHere));
  folder = await mkdtemp(join(tmpdir(), 'isthmus-elsewhere-'));
});
afterAll(async () => {
  await composedHere[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function supergraphOf({ subgraphs }: TestGateway, change = (sdl: string) => sdl): string {
  const sources = Object.entries(vault).map(([name, { sdl }]) => {
    return { name, sdl: change(sdl), url: subgraphs[name]?.url ?? '', origin: name };
  });
  const outcome = composeSubgraphs(sources);
  if (outcome.kind === 'failed') throw new Error(outcome.problems[0]?.message);
  return outcome.supergraphSdl;
}

const queries = [
  '{ people { id name email salary level badge { number colour } boss { id email } secret(of: "u1") } pair { left } motto open }',
  '{ documents { id title pages ... on Contract { amount } } latest { id title } found { __typename } secretary { name } }',
  'mutation { promote(id: "u1") { id name } greet(id: "u2") { email } }',
];

/** What is explained of types comes in the order of the schema's types, which is that of the composer. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(sorted).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sorted(inner)]));
}

async function expectSameAnswers(gateway: TestGateway): Promise<void> {
  const random = new Random(7);
  for (let run = 0; run < 8; run++) {
    const headers = { ...callerHeaders(randomCaller(random)), 'isthmus-explain': 'access,cost' };
    for (const query of queries) {
      const [ours, theirs] = [await gateway.query(query, {}, headers), await composedHere.query(query, {}, headers)];
      expect(sorted(ours)).toEqual(sorted(theirs));
      expect(ours.extensions.cost.estimated).toBeGreaterThan(0);
    }
  }
}

describe('a gateway in front of the supergraph of another registry answers as one that composed it', () => {
  it('where the supergraph comes from a URL', async () => {
    const yaml = `supergraph: { url: "${registry.url}" }\n${settings}`;
    await using gateway = await startTestGateway({ subgraphs: {}, yaml });
    await expectSameAnswers(gateway);
  });

  it('where it comes from Hive’s CDN, and its subgraphs answer elsewhere', async () => {
    const urls = JSON.stringify(Object.fromEntries(Object.entries(composedHere.subgraphs).map(([k, v]) => [k, v.url])));
    await using cdn = await startSupergraphRegistry(
      registry.sdl.replaceAll(/url: "http:\/\/127[^"]*"/g, 'url: "https://shop.example/graphql"'),
    );
    const yaml = `supergraph: { hive: { endpoint: "${cdn.endpoint}", key: ${cdn.key} }, routing_urls: ${urls} }\n${settings}`;
    await using gateway = await startTestGateway({ subgraphs: {}, yaml });
    await expectSameAnswers(gateway);
  });

  it('where it comes from an OCI layout, which is refused once a blob is not what its digest says', async () => {
    const layout = join(folder, 'layout');
    const blob = await writeOciLayout(layout, registry.sdl, 'production');
    const yaml = `supergraph: { oci: ${layout}, tag: production }\n${settings}`;
    await using gateway = await startTestGateway({ subgraphs: {}, yaml });
    await expectSameAnswers(gateway);
    await writeFile(blob, registry.sdl.replace('@login', ''));
    await expect(gateway.gateway.reload()).resolves.toMatchObject({
      kind: 'refused',
      error: { message: expect.stringMatching(/SUPERGRAPH_UNAVAILABLE[\s\S]*not what its digest and size say/) },
    });
    await expectSameAnswers(gateway);
  });
});

describe('while it is served', () => {
  it('the registry is polled with the ETag, a change is taken up, and a broken one is not', async () => {
    await using own = await startSupergraphRegistry(registry.sdl);
    const yaml = `supergraph: { url: "${own.url}", poll: 20ms }\n${settings}`;
    await using gateway = await startTestGateway({ subgraphs: {}, yaml, watch: true, workers: 1 });
    await vi.waitFor(() => expect(own.answered.filter((status) => status === 304).length).toBeGreaterThan(2));
    expect((await gateway.query('{ __typename open }')).data).toMatchObject({ open: 'open' });

    // Only who may read it changes: the subgraphs that are taken out of it stay as they are.
    own.sdl = supergraphOf(composedHere, (sdl) => sdl.replace('open: String', 'open: String @login'));
    await vi.waitFor(async () => expect((await gateway.query('{ __typename open }')).data?.open).toBeNull(), 10_000);

    own.sdl = own.sdl.replaceAll('authenticated/v0.1', 'authenticated/v0.7');
    const isRefused = () => gateway.log.some(({ msg }) => String(msg).includes('SECURITY_FEATURE_NOT_ENFORCED'));
    await vi.waitFor(() => expect(isRefused()).toBe(true), 10_000);
    own.isDown = true;
    const isToldDown = () =>
      gateway.log.some(({ msg }) => String(msg).startsWith('the registry of the supergraph cannot'));
    await vi.waitFor(() => expect(isToldDown()).toBe(true), 10_000);
    expect((await gateway.query('{ __typename open }')).data.open).toBeNull();
    expect((await gateway.query('{ __typename open }', {}, { 'x-user': 'u1' })).data.open).toBe('open');
  });
});

describe('a start', () => {
  const start = async (yaml: string): Promise<Gateway> => {
    const configFile = join(folder, 'supergraph.yaml');
    await writeFile(configFile, yaml);
    return createGateway({ configFile, log: createLogger({ level: 'silent', readable: false }) });
  };
  const open = async (gateway: Gateway): Promise<unknown> => {
    const body = JSON.stringify({ query: '{ __typename open }' });
    const headers = { 'content-type': 'application/json' };
    const response = await gateway.fetch(new Request('http://gateway/graphql', { method: 'POST', headers, body }));
    return response.json();
  };

  it('uses the last good supergraph while the registry is down, or has a broken one; without one it is refused', async () => {
    await using own = await startSupergraphRegistry('type {');
    const yaml = `supergraph: { url: "${own.url}" }\n${settings}`;
    await expect(start(yaml)).rejects.toThrow('SUPERGRAPH_INVALID');
    own.sdl = registry.sdl;
    await (await start(yaml)).close();
    for (const breakIt of [() => (own.sdl = 'type {'), () => (own.isDown = true)]) {
      breakIt();
      const gateway = await start(yaml);
      expect(await open(gateway)).toEqual({ data: { __typename: 'Query', open: 'open' } });
      await gateway.close();
    }
    await expect(start(yaml.replace('supergraph.graphql', 'other.graphql'))).rejects.toThrow('SUPERGRAPH_UNAVAILABLE');
  });

  it('is refused where a setting names a subgraph that the supergraph does not have', async () => {
    const yaml = `supergraph: { url: "${registry.url}", routing_urls: { peeple: "http://127.0.0.1:1" } }
traffic: { subgraphs: { archives: { timeout: 1s } } }
${settings}`;
    await expect(start(yaml)).rejects.toThrow(
      /supergraph\.routing_urls\.peeple.*did you mean "people"[\s\S]*traffic\.subgraphs\.archives.*did you mean "archive"/,
    );
  });
});

/** @returns the file of the layer */
async function writeOciLayout(layout: string, sdl: string, tag: string): Promise<string> {
  const blobs = join(layout, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const write = async (mediaType: string, text: string) => {
    const hex = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, hex), text);
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  };
  const layer = await write('application/apollo.schema', sdl);
  const config = await write('application/vnd.oci.empty.v1+json', '{}');
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] };
  const described = await write(manifestType, JSON.stringify(manifest));
  const annotations = { 'org.opencontainers.image.ref.name': tag };
  const other = { ...described, annotations: { 'org.opencontainers.image.ref.name': 'staging' } };
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...described, annotations }, other] }),
  );
  return join(blobs, layer.digest.slice(7));
}
