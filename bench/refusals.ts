/**
 * How long documents take that are made to cost much: `node bench/refusals.ts`. Milliseconds from the request to the whole
 * answer over a socket, and the longest that the event loop was held up meanwhile, least and median of twenty, each a document
 * that nobody has sent before. Refusals are to take 50 ms at most, and to hold up nobody for 100.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createGateway, createLogger } from '../src/index.ts';
import { median } from './median.ts';
import { print } from './print.ts';

const turns = 20;
const many = (count: number, of: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => of(index)).join(' ');
const nested = (levels: number, open = 'node {') => `{ ${`${open} `.repeat(levels)}id${' }'.repeat(levels)} }`;

const documents: Readonly<Record<string, string>> = {
  'a plain answer': '{ node { id } }',
  'D1: 500 levels': nested(500),
  'D1: 50,000 levels': nested(50_000),
  'D2: 1,000 aliases': `{ ${many(1_000, (index) => `a${index}: node { id }`)} }`,
  'D3: 40 levels in a fragment': `{ ...F } fragment F on Query ${nested(40)}`,
  'D4: fragments that double 30 times': `{ ...F0 } ${many(30, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F30 on Query { __typename }`,
  'D4: 200 fragments, nested and legal': `{ ...F0 } ${many(200, (index) => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F200 on Query { node { id } }`,
  'D6: a field 10,000 times': `{ ${'node { id } '.repeat(10_000)} }`,
  'D6: a field as often as 2,000 tokens allow': `{ ${'node { id } '.repeat(490)} }`,
  'D6: 200 x 100 inline fragments': `{ ${many(200, () => `${'... on Query { '.repeat(100)} __typename ${'} '.repeat(100)}`)} }`,
  'D7: 1,000 directives': `{ __typename ${'@aa '.repeat(1_000)} }`,
  'D7: 10,000 mistakes': `{ ${many(10_000, (index) => `x${index}`)} }`,
  'D7: 900 mistakes, within the limits': `{ node { ${many(900, (index) => `x${index}`)} } }`,
  'D11: a block string of 900 KB': `{ text(is: """${'x'.repeat(900_000)}""") nothing }`,
  'D11: 90,000 escapes': `{ text(is: "${'\\u{1F600}'.repeat(90_000)}") nothing }`,
  'D11: a comment of 900 KB': `#${'c'.repeat(900_000)}\n{ node { nothing } }`,
};

const gateway = await createGateway({
  config: {
    limits: { tokens: 2_000, depth: 12, aliases: 30, directives: 50, root_fields: 30, selections: 10_000 },
  },
  subgraphs: {
    nodes: {
      sdl: 'type Query { node: Node  text(is: String): String } type Node { id: ID  node: Node }',
      execute: async () => ({ data: { node: { id: '1' } } }),
    },
  },
  log: createLogger({ level: 'silent' }),
});
const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 });
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();

for (const [name, document] of Object.entries(documents)) {
  const times: number[] = [];
  const delays: number[] = [];
  let codes = '';
  for (let turn = 0; turn < turns; turn++) {
    const body = JSON.stringify({ query: `${document} # ${turn}` });
    loop.reset();
    const start = performance.now();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 2));
    delays.push(loop.max / 1e6);
    codes = [...new Set(errors.map(({ extensions }) => extensions.code))].join(', ');
  }
  const told = (of: readonly number[]) => `${Math.min(...of).toFixed(1)} and ${median(of).toFixed(1)} ms`;
  print(`${name}: ${codes === '' ? 'answered' : codes}; ${told(times)}, event loop ${told(delays)}`);
}
await gateway.close();
