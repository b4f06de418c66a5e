import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../testkit/processes/run-command.ts';

beforeAll(() => void vi.stubEnv('OPENAI_API_KEY', ''));
afterAll(() => void vi.unstubAllEnvs());

async function run(...args: readonly string[]) {
  const { code, out, errors } = await runCommand('prompt', 'test', ...args);
  return { code, output: `${out}${errors}` };
}

async function configWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-prompt-test-'));
  await mkdir(join(folder, 'prompts'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'prompts', name), text);
  await writeFile(join(folder, 'ai.graphql'), 'type Query { a: Int }');
  const config = join(folder, 'supergraph.yaml');
  await writeFile(
    config,
    `subgraphs: { ai: { ai: true, schema: { file: ai.graphql }, prompts: prompts } }
ai: { providers: { local: { kind: local } }, models: { fast: [local/extractive] } }\n`,
  );
  return config;
}

const mood = (tests: string) => `---
model: fast
input: { schema: { body: string } }
output: { schema: { mood(enum): [POSITIVE, NEGATIVE] } }
tests:
${tests}
---
{{role "system"}}Judge the sentiment.
{{role "user"}}{{body}}`;

describe('isthmus prompt test', { timeout: 60_000 }, () => {
  it('passes for the sample’s prompts with the built-in models', async () => {
    const { code, output } = await run();
    expect(output).toMatch(/\n[1-9]\d* passed, 0 failed, 1 skipped; 0 USD\n/);
    for (const prompt of ['answer', 'highlights', 'review-summary', 'sentiment', 'tagline', 'topics']) {
      expect(output).toMatch(new RegExp(`passed +assistant/${prompt} .* local/extractive`));
    }
    expect(output).toMatch(/skipped +assistant\/translated/);
    expect(code).toBe(0);
  });

  it('reports failed expectations, and exits 1', async () => {
    const config = await configWith({
      'mood.prompt':
        mood(`  - { name: right, input: { body: "Wonderful, I love it." }, expect: { equals: { mood: POSITIVE } } }
  - { name: wrong, input: { body: "Wonderful, I love it." }, expect: { equals: { mood: NEGATIVE }, contains: awful } }
  - { name: not its input, input: { text: x }, expect: { maxLength: 9 } }`),
      'broken.prompt': 'x\n{{shout x}}',
    });
    const { code, output } = await run('--config', config);
    expect(output).toMatch(/passed +ai\/mood +right/);
    expect(output).toMatch(/failed +ai\/mood +wrong/);
    expect(output).toContain('does not contain "awful"');
    expect(output).toContain('is not {"mood":"NEGATIVE"}');
    expect(output).toContain('answered: {"mood":"POSITIVE"}');
    expect(output).toContain("input must have required property 'body'");
    expect(output).toMatch(/failed +ai\/broken\.prompt\n +line 2: there is no helper "shout"/);
    expect(output).toContain('1 passed, 3 failed, 0 skipped');
    expect(code).toBe(1);
  });

  it('runs one prompt, with the given model', async () => {
    const tests = '  - { input: { body: "Wonderful, I love it." }, expect: { equals: { mood: POSITIVE } } }';
    const config = await configWith({
      'mood.prompt': mood(tests).replace('model: fast', 'model: gone'),
      'other.prompt': mood(tests),
    });
    const told = await run('mood', '--config', config, '--model', 'local/extractive');
    expect(told.output).toMatch(/passed +ai\/mood +test 1 +local\/extractive/);
    expect(told.output).toContain('1 passed, 0 failed, 0 skipped');
    expect(told.code).toBe(0);
    const untold = await run('mood', '--config', config);
    expect(untold.output).toContain('"gone" is not a configured model');
    expect(untold.code).toBe(2);
    const missing = await run('nobody', '--config', config);
    expect(missing).toMatchObject({ code: 2, output: 'there is no prompt "nobody"\n' });
  });
});
