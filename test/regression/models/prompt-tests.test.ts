/** `isthmus prompt test` requests the type of the field that uses the prompt, as GraphQL does. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../testkit/processes/run-command.ts';

const schema = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
    @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
  enum Mood { POSITIVE NEGATIVE }
  type Triage { subject: Subject  quote: String }
  enum Subject { BATTERY SOUND }
  type Review @key(fields: "id") { id: ID!  body: String! @external
    triage: Triage @requires(fields: "body") @generate(prompt: "triage", maxOutputTokens: 100)
    mood: Mood @requires(fields: "body") @generate(prompt: "mood", maxOutputTokens: 20)
    moods: [Mood!] @requires(fields: "body") @generate(prompt: "mood#tried", maxOutputTokens: 20)
    quote: String @requires(fields: "body") @generate(prompt: "quote", maxOutputTokens: 60) }`;

const prompt = (tests: string) =>
  `---\nmodel: fast\ntests:\n${tests}\n---\n{{role "system"}}Judge the sentiment and the subject.\n{{role "user"}}{{body}}`;

async function run(files: Readonly<Record<string, string>>, sdl = schema) {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-prompt-types-'));
  await mkdir(join(folder, 'prompts'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'prompts', name), text);
  await writeFile(join(folder, 'ai.graphql'), sdl);
  const config = join(folder, 'supergraph.yaml');
  await writeFile(config, 'subgraphs: { ai: { ai: true, schema: { file: ai.graphql }, prompts: prompts } }\n');
  const { code, out, errors } = await runCommand('prompt', 'test', '--config', config);
  return { code, output: `${out}${errors}` };
}

const battery = 'The battery lasts two days, wonderful.';

describe('a prompt without an output schema', () => {
  it('requests the type of the field, and its answer is validated by it', async () => {
    const { code, output } = await run({
      'triage.prompt': prompt(
        `  - { name: fits, input: { body: "${battery}" }, expect: { schema: { type: object, required: [subject, quote] }, contains: battery } }
  - { name: not text, input: { body: "${battery}" }, expect: { equals: "${battery}" } }`,
      ),
      'quote.prompt': prompt(
        `  - { name: text, input: { body: "${battery}" }, expect: { contains: battery, maxLength: 200 } }`,
      ),
    });
    expect(output).toMatch(/passed +ai\/triage +fits/);
    expect(output).toMatch(/failed +ai\/triage +not text/);
    expect(output).toMatch(/passed +ai\/quote +text/);
    expect(code).toBe(1);
  });

  it('requests each type of the fields that use it', async () => {
    const { output } = await run({
      'mood.prompt': prompt(`  - { name: one, input: { body: "${battery}" }, expect: { equals: POSITIVE } }`),
    });
    expect(output).toMatch(/passed +ai\/mood \(Review\.mood\) +one/);
    expect(output).toMatch(/failed +ai\/mood \(Review\.moods\) +one/);
  });

  it('requests text if no field uses it or the schema cannot be built', async () => {
    const quote = { 'quote.prompt': prompt(`  - { input: { body: "${battery}" }, expect: { contains: battery } }`) };
    expect((await run(quote, 'type Query { a: Int }')).code).toBe(0);
    const { code, output } = await run(quote, 'type Query { a: Nowhere }');
    expect(output).toContain('ai: its schema cannot be built');
    expect(code).toBe(0);
  });
});
