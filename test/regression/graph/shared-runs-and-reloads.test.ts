/** Queries that share a run, reloads that share a run, and requests that no route handles. */
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

/** Serves the tests that need no configuration. */
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: shop });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('an identical query that joins a run', () => {
  it('is answered within its own deadline, although the query that began the run has timed out', async () => {
    const yaml = 'server: { operation_timeout: 1500ms }\ntraffic: { all: { timeout: 5s, retries: 0 } }';
    await using gateway = await startTestGateway({ subgraphs: shop, yaml });
    const { products } = gateway.subgraphs;
    const asked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    if (products !== undefined) {
      products.intercept = async (_request, response) => {
        asked.resolve();
        await release.promise;
        response.end('{"data":{"products":[]}}');
      };
    }
    const began = performance.now();
    const leader = gateway.query('{ products { id } }');
    await asked.promise;
    // Begins a second later, so that it may wait a second longer.
    await expect.poll(() => performance.now() - began).toBeGreaterThan(1_000);
    const follower = gateway.query('{ products { id } }');
    expect((await leader).errors?.[0]?.extensions.code).toBe('GATEWAY_TIMEOUT');
    release.resolve();
    expect(await follower).toEqual({ status: 200, data: { products: [] } });
  });
});

describe('a reload', () => {
  it('that changes keys of a running server is refused with their names, and the gateway keeps serving', async () => {
    await using gateway = await startTestGateway({ subgraphs: shop });
    const file = join(gateway.folder, 'supergraph.yaml');
    await writeFile(
      file,
      `${await readFile(file, 'utf8')}server: { port: 4999, graphql_path: /gql, v1: false }\nlimits: { body: 1kb }\nalerts: { rules: [{ name: slow, measure: p99, above: 1s }] }\n`,
    );
    const outcome = await gateway.gateway.reload();
    expect(outcome.kind).toBe('refused');
    expect(String(gateway.log.at(-1)?.msg)).toMatch(
      /supergraph\.yaml:\d+: server\.port: takes effect at the next start[\s\S]*server\.graphql_path[\s\S]*server\.v1[\s\S]*alerts: takes effect at the next start[\s\S]*limits\.body/,
    );
    expect((await gateway.query('{ products { id } }')).status).toBe(200);
  });

  it('applies changed allowed origins', async () => {
    await using gateway = await startTestGateway({ subgraphs: shop });
    const preflight = async () => {
      const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
      return (await fetch(gateway.url, { method: 'OPTIONS', headers })).headers.get('access-control-allow-origin');
    };
    expect(await preflight()).toBeNull();
    const file = join(gateway.folder, 'supergraph.yaml');
    await writeFile(file, `${await readFile(file, 'utf8')}server: { allowed_origins: ["https://shop.example"] }\n`);
    expect((await gateway.gateway.reload()).kind).toBe('swapped');
    expect(await preflight()).toBe('https://shop.example');
  });
});

describe('many changes at once', () => {
  it('cause two reloads at most', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => gateway.gateway.reload()));
    expect(new Set(outcomes.map((outcome) => outcome.kind))).toEqual(new Set(['unchanged']));
    expect(new Set(outcomes).size).toBeLessThanOrEqual(2);
  });
});

describe('requests that no route receives', () => {
  it.each([
    ['a malformed path', 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400, 'BAD_REQUEST'],
    ['no Host', 'GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'an unknown expectation',
      'GET /nothing HTTP/1.1\r\nHost: x\r\nExpect: foo\r\nConnection: close\r\n\r\n',
      404,
      'NOT_FOUND',
    ],
    ['no HTTP', 'hello\r\n\r\n', 400, 'BAD_REQUEST'],
  ])('%s is refused with a code', async (_name, bytes, status, code) => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    socket.end(bytes);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain(`"code":"${code}"`);
  });
});
