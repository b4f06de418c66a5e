/** With several workers, the main thread has the admin listener, and a key that is revoked there ends in each of them. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { clientsOf, type ServedWorkers, serveWorkers } from '../testkit/processes/served-workers.ts';
import { safetyLimit } from '../testkit/safety-limit.ts';

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let gateway: ServedWorkers;
beforeAll(async () => {
  gateway = await serveWorkers(2, { yaml: 'access: { api_keys: true }\nadmin: { port: 0 }' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

it('a key that is revoked under load ends in both, and another does not', async () => {
  const lines = gateway.lines().filter(({ msg }) => msg === 'the admin listener listens');
  expect(lines).toHaveLength(1);
  const admin = async (query: string) => {
    const response = await fetch(String(lines[0]?.adminUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields that it selected
    return ((await response.json()) as any).data;
  };
  const create = async () =>
    (await admin('mutation { createKey(input: { name: "a" }) { secret key { id } } }')).createKey;
  const [revoked, other] = [await create(), await create()];
  const clients = [...(await clientsOf(gateway.url, 2)).values()];
  const statuses = (key: string) =>
    Promise.all(
      clients.map(async (client) => (await client.query('{ products { name } }', { 'x-api-key': key })).status),
    );
  expect(await statuses(revoked.secret)).toEqual([200, 200]);
  const others = new Set<number>();
  await admin(`mutation { revokeKey(id: "${revoked.key.id}") { id } }`);
  const poll = async () => {
    for (const status of await statuses(other.secret)) others.add(status);
    return statuses(revoked.secret);
  };
  await expect.poll(poll, { timeout: safetyLimit(2_000), interval: 1 }).toEqual([401, 401]);
  expect(others).toEqual(new Set([200]));
  for (const client of clients) client.close();
});
