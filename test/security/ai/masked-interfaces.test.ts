/** What an AI field reads through an interface or a union has the form that its reader may read of each object's type. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AiGraph, echo, startAiGraph, userTextOf } from '../../testkit/graphs/ai-graph.ts';

const links = (federation: string, own: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${federation}])
    @link(url: "https://isthmus.dev/${own}`;

const peopleSdl = `${links('"@key", "@shareable"', 'access/v1.0", import: ["@mask"])')}
  type Query { team: Team }
  interface Contact { mail: String }
  type Person implements Contact { mail: String @mask(policy: "staff") @mask(policy: "anyone", as: "email") }
  type Shop implements Contact { mail: String  phone: String }
  type Robot implements Contact { mail: String @mask(policy: "staff") @mask(policy: "anyone", as: "text:a robot") }
  union Owner = Person | Robot
  type Team @key(fields: "id") { id: ID!  contacts: [Contact!]!  owner: Owner  lead: Lead }
  type Lead @key(fields: "id") { id: ID! }`;

const assistantSdl = `${links('"@key", "@external", "@requires", "@shareable"', 'ai/v1.0", import: ["@generate"])')}
  interface Contact { mail: String }
  type Person implements Contact { mail: String @external }
  type Shop implements Contact { mail: String @external  phone: String @external }
  type Robot implements Contact { mail: String @external }
  union Owner = Person | Robot
  type Team @key(fields: "id") { id: ID!  contacts: [Contact!]! @external  owner: Owner @external
    about: String @requires(fields: "contacts { mail }") @generate(prompt: "about", maxOutputTokens: 100)
    fragments: String @requires(fields: "contacts { ... on Person { mail } ... on Shop { mail phone } }")
      @generate(prompt: "fragments", maxOutputTokens: 100)
    owned: String @requires(fields: "owner { ... on Robot { mail } ... on Person { mail } }")
      @generate(prompt: "owned", maxOutputTokens: 100) }`;

const team = {
  id: 't1',
  contacts: [
    { __typename: 'Person', mail: 'ada@mail.example' },
    { __typename: 'Shop', mail: 'shop@mail.example', phone: '5551234' },
    { __typename: 'Robot', mail: 'r2@mail.example' },
  ],
  owner: { __typename: 'Robot', mail: 'r2@mail.example' },
};

const prompt = (text: string) => `---\nmodel: fast\n---\n{{role "user"}}\n${text}`;
const access = {
  proxy: { from: ['127.0.0.1'], id: 'x-user', roles: 'x-roles' },
  policies: { staff: "'staff' in principal.roles", anyone: 'true' },
};

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    sources: { people: { sdl: peopleSdl, resolvers: { Query: { team: () => team } } } },
    subgraphs: {
      assistant: {
        sdl: assistantSdl,
        prompts: {
          'about.prompt': prompt('{{#each contacts}}{{mail}};{{/each}}'),
          'fragments.prompt': prompt('{{#each contacts}}{{mail}} {{phone}};{{/each}}'),
          'owned.prompt': prompt('{{owner.mail}}'),
        },
      },
    },
    yaml: `access: ${JSON.stringify(access)}`,
  });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  graph.provider.reset();
  graph.provider.respond(echo);
});

const asked = async (field: string, roles: string) => {
  const { data, errors } = await graph.query(`{ team { ${field} } }`, {}, { 'x-user': 'u1', 'x-roles': roles });
  expect(errors).toBeUndefined();
  return { sent: userTextOf(graph.provider.requests.at(-1)).trim(), answer: String(data.team[field]) };
};

it('each object is read in the form of its own type', async () => {
  const { sent, answer } = await asked('about', '');
  expect(sent).toBe('a•••@mail.example;shop@mail.example;a robot;');
  expect(answer).toContain('a•••@mail.example');
});

it('by fragments on its type, too', async () => {
  expect((await asked('fragments', '')).sent).toBe('a•••@mail.example ;shop@mail.example 5551234; ;');
  expect((await asked('owned', '')).sent).toBe('a robot');
});

it('whole by those who may, whose answers are not those of others', async () => {
  const { sent, answer } = await asked('about', 'staff');
  expect(sent).toBe('ada@mail.example;shop@mail.example;r2@mail.example;');
  expect((await asked('about', '')).answer).not.toBe(answer);
  expect((await asked('about', 'staff')).answer).toBe(answer);
  expect((await asked('owned', 'staff')).sent).toBe('r2@mail.example');
});
