/**
 * What row rules add to a query of 5,000 entities: `npm run bench -- access`. The same query over the same answer of a subgraph,
 * with and without `@rows` on its type, in interleaved rounds: CPU of this process, the least of each. The rule reads two
 * fields; once the client selects them too, once they are read for the rule alone.
 */
import { getOperationAST, parse } from 'graphql';
import { type Access, anonymous, createAccess, loadPolicies } from '../src/access/index.ts';
import { checkConfig } from '../src/config/index.ts';
import { createIsthmusEngine, JsonText } from '../src/execution/index.ts';
import { Deadline, MemoryBudget, parseExactJson } from '../src/lib/index.ts';
import { createLogger } from '../src/observability/index.ts';
import { createPlannerPool } from '../src/planning/index.ts';
import { buildApiSchema, compose } from '../src/supergraph/index.ts';
import type { SubgraphClient } from '../src/transport/index.ts';

const entities = 5_000;
const rounds = 60;
const log = createLogger({ level: 'silent' });

export async function runAccessRows(): Promise<void> {
  const planners = createPlannerPool({ log, maxProcesses: 1 });
  const config = checkConfig('supergraph.yaml', {
    subgraphs: { a: { routing_url: 'http://127.0.0.1:1', schema: { file: 'a.graphql' } } },
    access: { policies: { mine: 'row.tenant == principal.tenant && row.level <= 9' } },
  });
  const { policies } = await loadPolicies(config);
  for (const selected of ['id name email city note tenant level', 'id name email city note']) {
    const plain = await prepare('', selected);
    const ruled = await prepare('@rows(policy: "mine", fields: "tenant level")', selected);
    const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < rounds; round++)
      for (const [index, run] of [plain, ruled].entries()) least[index] = Math.min(least[index] ?? 0, await cpuOf(run));
    const [without = 0, withRules = 0] = least;
    const share = ((withRules / without - 1) * 100).toFixed(1);
    console.log(
      `rules over ${entities} entities (${selected}): ${without.toFixed(0)} µs, with rules ${withRules.toFixed(0)} µs: ${share} %`,
    );
  }
  await planners.close();

  async function prepare(directive: string, selected: string): Promise<() => Promise<unknown>> {
    const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
      @link(url: "https://isthmus.dev/access/v1.0", import: ["@rows"])
      type Query { people: [Person!]! }
      type Person @key(fields: "id") ${directive} { id: ID! name: String email: String city: String note: String tenant: ID level: Int }`;
    const composition = await compose([{ name: 'a', url: 'http://127.0.0.1:1', sdl, origin: 'a.graphql' }]);
    const { supergraphSdl, rows, memberships: types, apiPieces } = composition;
    const hasRows = rows.rules.length > 0;
    const apiSchema = await buildApiSchema(apiPieces);
    const access: Access | undefined = createAccess({
      config: config.access,
      schema: apiSchema,
      rules: composition.accessRules,
      rowRules: rows.rules,
      policies,
      log,
      maskKey: '',
    });
    const client: SubgraphClient = {
      name: 'a',
      kind: 'http',
      execute: async ({ query }) => parseExactJson(answerTo(query), { exponents: false }) as object,
      close: async () => {},
    };
    const planner = await planners.load(`rows ${hasRows} ${selected}`, {
      supergraphSdl,
      inProcess: [],
      rows: hasRows ? rows : undefined,
    });
    const engine = createIsthmusEngine({
      apiSchema,
      types,
      planner,
      clients: new Map([['a', client]]),
      log,
      planDeadlineMs: 10_000,
      errorPolicy: { mode: 'wrapped', allowedExtensions: [], serviceName: false },
      overrideLabels: [],
      caches: new MemoryBudget(64_000_000).group(),
    });
    const document = parse(`{ people { ${selected} } }`);
    const operation = getOperationAST(document);
    if (operation == null) throw new Error('the document has an operation');
    const { signal } = new AbortController();
    const principal = { ...anonymous, tenant: 't1' };
    const request = { headers: {}, operationName: undefined, operationType: 'query' as const };
    return async () => {
      const context = { requestId: 'r', principal, signal, deadline: Deadline.in(60_000) };
      const caller = { principal, request, variables: {}, signal, requestId: 'r' };
      const outcome = await engine.execute({
        documentHash: selected,
        document,
        operation,
        operationName: undefined,
        variables: {},
        context,
        rows: access?.rowsFor?.(caller),
      });
      const data = outcome.kind === 'single' ? outcome.result.data : undefined;
      if (!(data instanceof JsonText)) throw new Error('the query is answered');
      return data;
    };
  }
}

const answers = new Map<string, string>();

/** Text as a subgraph sends it: the fields of the query, in its order. */
function answerTo(query: string): string {
  let text = answers.get(query);
  if (text === undefined) {
    const fields = [...(/people\{([^}]*)\}/.exec(query)?.[1] ?? '').matchAll(/(?:(\w+):)?(\w+)/g)];
    const people = Array.from({ length: entities }, (_none, index) =>
      Object.fromEntries(fields.map(([, alias, name = '']) => [alias ?? name, fieldValue(name, index)])),
    );
    text = JSON.stringify({ data: { people } });
    answers.set(query, text);
  }
  return text;
}

function fieldValue(name: string, index: number): unknown {
  if (name === 'tenant') return `t${index % 50 === 0 ? 2 : 1}`;
  return name === 'level' ? index % 10 : `${name} of person number ${index}`;
}

/** @returns microseconds */
async function cpuOf(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
