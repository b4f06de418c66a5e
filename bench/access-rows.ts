/**
 * What row rules add to a query of 5,000 entities: `npm run bench -- access`. The same query through whole gateways with and
 * without `@rows` on its type, in interleaved rounds: CPU of the process with the gateways, the least of each. The rule reads
 * two fields; once the client selects them too, once they are read for the rule alone. A third gateway without rules gets the
 * longer answer that the subgraph then sends: what it takes more, no filter can save.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGateway, createLogger } from '../src/index.ts';
import { type Child, startChild } from './process/child.ts';

const rounds = 80;
const queriesInRound = 3;
const ruleFields = 'tenant level';
const rule = `@rows(policy: "mine", fields: "${ruleFields}")`;
const log = createLogger({ level: 'silent' });

export async function runAccessRows(): Promise<void> {
  const child = startChild({
    command: [fileURLToPath(new URL('access-rows-main.ts', import.meta.url))],
    role: 'unpinned',
  });
  try {
    const subgraph = await child.ask<string>('listen');
    await using plain = await serve(subgraph, '');
    await using ruled = await serve(subgraph, rule);
    await using longer = await serve(`${subgraph}/${encodeURIComponent(ruleFields)}`, '');
    const selected = 'id name email city note';
    const both = await leastOf(child, `{ people { ${selected} ${ruleFields} } }`, [plain, ruled]);
    console.log(
      `row rules over 5,000 entities, their fields selected: ${percent(both[1], both[0])} of ${micros(both[0])}`,
    );
    const alone = await leastOf(child, `{ people { ${selected} } }`, [plain, ruled, longer]);
    console.log(
      `row rules over 5,000 entities, their fields not selected: ${percent(alone[1], alone[0])} of ${micros(alone[0])}, ` +
        `of which the longer answer is ${percent(alone[2], alone[0])}`,
    );
    console.log(`load of the machine: ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    await child.end();
  }
}

interface Served extends AsyncDisposable {
  readonly url: string;
}

async function serve(routingUrl: string, directive: string): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-bench-'));
  await writeFile(
    join(folder, 'people.graphql'),
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
      @link(url: "https://isthmus.dev/access/v1.0", import: ["@rows"])
      type Query { people: [Person!]! }
      type Person @key(fields: "id") ${directive} {
        id: ID! name: String email: String city: String note: String tenant: ID level: Int
      }`,
  );
  const configFile = join(folder, 'supergraph.yaml');
  const subgraphs = { people: { routing_url: routingUrl, schema: { file: 'people.graphql' } } };
  const access = {
    anonymous: { id: 'u1', tenant: 't1' },
    policies: { mine: 'row.tenant == principal.tenant && row.level <= 9' },
  };
  await writeFile(configFile, JSON.stringify({ subgraphs, access, traffic: { share_identical: 'off' } }));
  const gateway = await createGateway({ configFile, log, watch: false });
  const server = await gateway.listen({ port: 0 });
  return {
    url: `${server.url}/graphql`,
    async [Symbol.asyncDispose]() {
      await server.drain();
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @returns microseconds of CPU of a query, the least of the rounds, for each gateway */
async function leastOf(child: Child, query: string, gateways: readonly Served[]): Promise<readonly number[]> {
  const least = gateways.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++)
    for (const [index, { url }] of gateways.entries()) {
      const before = process.cpuUsage();
      const count = await child.ask<number>('query', { url, query, times: queriesInRound });
      const { user, system } = process.cpuUsage(before);
      if (count < 4_900) throw new Error(`${count} of the people are answered`);
      least[index] = Math.min(least[index] ?? 0, (user + system) / queriesInRound);
    }
  return least;
}

const micros = (value = 0): string => `${value.toFixed(0)} µs`;
const percent = (value = 0, of = 1): string =>
  `${value < of ? '-' : '+'}${Math.abs((value / of - 1) * 100).toFixed(1)} %`;
