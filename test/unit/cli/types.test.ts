import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { spawnIsthmus } from '../../testkit/processes/spawn-isthmus.ts';

const schema = (field: string) => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
type User @key(fields: "id") {
  id: ID!
  email: String @external
  ${field}: String @requires(fields: "email") @generate(prompt: "greeting")
}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-types-'));
  await mkdir(join(folder, 'ai'));
  await writeFile(join(folder, 'ai/schema.graphql'), schema('greeting'));
  await writeFile(join(folder, 'users.graphql'), 'type User { id: ID! email: String } type Query { user: User }');
  await writeFile(
    join(folder, 'supergraph.yaml'),
    `subgraphs:
  users: { routing_url: "http://127.0.0.1:1/", schema: { file: users.graphql } }
  ai: { ai: true, schema: { file: ai/schema.graphql }, prompts: ai/prompts, code: ai/fields.ts }
`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function types(...more: string[]): Promise<{ code: unknown; output: string }> {
  const { code, out, errors } = await runCommand('types', '--config', join(folder, 'supergraph.yaml'), ...more);
  return { code, output: `${out}${errors}` };
}

describe('isthmus types', { timeout: 60_000 }, () => {
  it('writes the types beside the code, and reports stale ones', async () => {
    expect(await types('--check')).toEqual({ code: 1, output: expect.stringContaining('is stale') });
    expect(await types()).toEqual({ code: 0, output: expect.stringMatching(/ai\/fields\.types\.ts is written\n$/) });
    const text = await readFile(join(folder, 'ai/fields.types.ts'), 'utf8');
    expect(text).toContain('from schema.graphql');
    expect(text).toContain('export interface UserGreetingEntity');
    expect(await types('--check')).toEqual({ code: 0, output: '' });

    await writeFile(join(folder, 'ai/schema.graphql'), schema('farewell'));
    expect(await types('--check')).toMatchObject({ code: 1 });
    expect(await readFile(join(folder, 'ai/fields.types.ts'), 'utf8')).toBe(text);
  });

  it('names the subgraph whose schema is invalid, and does not change the file', async () => {
    await writeFile(join(folder, 'ai/schema.graphql'), schema('farewell: Missing #'));
    const { code, output } = await types();
    expect(code).toBe(2);
    expect(output).toMatch(/^ai: .*Missing.*isthmus compose/);
  });

  it('checks the sample’s types against its schema', async () => {
    const command = spawnIsthmus(['types', '--check']);
    expect(await command.ended, command.output()).toBe(0);
  });
});
