/** Two states of one graph, composed: most of what a check tells has changed between them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../../src/config/index.ts';
import { readSupergraph, type SupergraphParts } from '../../../../src/read-supergraph.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [IMPORTS])';
const linked = (...names: readonly string[]): string =>
  link.replace('IMPORTS', names.map((name) => JSON.stringify(name)).join(', '));

const yaml = `
subgraphs:
  shop: { routing_url: "http://127.0.0.1:1", schema: { file: shop.graphql } }
  stock: { routing_url: "http://127.0.0.1:1", schema: { file: stock.graphql } }
  assistant: { ai: true, prompts: prompts, schema: { file: assistant.graphql } }
access:
  policies: { insider: "'insider' in principal.roles" }
  contracts: { public: { exclude: [internal] } }
limits: { cost: { max: 100 } }
ai:
  providers: { p: { kind: openai, base_url: "http://127.0.0.1:1/v1", api_key: sk-none } }
  models: { fast: { targets: [p/small], retries: 0 }, smart: { targets: [p/large], retries: 0 } }
  prices:
    p/small: { input_per_mtok: "1.00", output_per_mtok: "2.00" }
    p/large: { input_per_mtok: "3.00", output_per_mtok: "6.00" }
`;

const before = {
  'shop.graphql': `${linked('@key', '@tag', '@requiresScopes', '@listSize')}
@link(url: "https://isthmus.dev/ai/v1.0", import: ["@sensitive"])
@link(url: "https://isthmus.dev/access/v1.0", import: ["@rows"])
"""Begin here."""
type Query {
  products(first: Int = 10): [Product!]! @listSize(assumedSize: 5)
  notes: [Note!]! @listSize(assumedSize: 10)
}
"""For sale."""
type Product @key(fields: "id") {
  id: ID!
  name: String!
  price: Int!
  weight: Int
  margin: Int @requiresScopes(scopes: [["margin:read"]])
  supplier: String @tag(name: "internal")
  batch: String @tag(name: "internal")
  maker: String @sensitive
}
"""Written by the staff."""
type Note @rows(policy: "insider", fields: "text") { text: String author: String }
`,
  'stock.graphql': `${linked('@key')}
"""In stock."""
type Product @key(fields: "id") { id: ID! stock: Int }
`,
  'assistant.graphql': `${linked('@key', '@external', '@requires')}
@link(url: "https://isthmus.dev/ai/v1.1", import: ["@generate"])
"""Written by a model."""
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  slogan: String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 100, maxInputTokens: 900)
}
`,
  'prompts/slogan.prompt': '---\nmodel: fast\n---\n{{name}}',
};

const after = {
  'shop.graphql': before['shop.graphql']
    .replace('  name: String!\n', '')
    .replace('  price: Int!\n', '')
    .replace('  weight: Int\n', '')
    .replace('[["margin:read"]]', '[["margin:read"], ["staff"]]')
    .replace(' @tag(name: "internal")', '')
    .replace('assumedSize: 5', 'assumedSize: 500')
    .replace(' @rows(policy: "insider", fields: "text")', '')
    .replace('@link(url: "https://isthmus.dev/access/v1.0", import: ["@rows"])\n', '')
    .concat('type shelf { place: Int }\n')
    .replace('  notes:', '  shelves: [shelf!]\n  notes:'),
  'stock.graphql': before['stock.graphql'].replace('stock: Int', 'stock: Int name: String!'),
  'assistant.graphql': before['assistant.graphql'].replace(
    '  slogan: String @requires(fields: "name")',
    '  maker: String @external\n  slogan: String @requires(fields: "name maker")',
  ),
  'prompts/slogan.prompt': '---\nmodel: smart\n---\n{{name}} {{maker}}',
};

export interface CheckedGraph {
  readonly before: SupergraphParts;
  readonly after: SupergraphParts;
  remove(): Promise<void>;
}

export async function composeCheckedGraph(): Promise<CheckedGraph> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-check-'));
  const read = async (name: string, files: Readonly<Record<string, string>>): Promise<SupergraphParts> => {
    await mkdir(join(folder, name, 'prompts'), { recursive: true });
    for (const [file, text] of Object.entries({ ...files, 'supergraph.yaml': yaml }))
      await writeFile(join(folder, name, file), text);
    return readSupergraph(await loadConfig(join(folder, name, 'supergraph.yaml'), {}));
  };
  return {
    before: await read('before', before),
    after: await read('after', after),
    remove: () => rm(folder, { recursive: true }),
  };
}
