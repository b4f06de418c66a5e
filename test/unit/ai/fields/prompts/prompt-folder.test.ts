import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type PromptChoice,
  PromptError,
  publishedPrompts,
  readPromptFolder,
} from '../../../../../src/ai/fields/index.ts';

async function folderOf(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-prompts-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return readPromptFolder(folder);
}

const files = {
  'haiku.prompt': 'Write about {{about}}. {{> signature}}',
  'haiku@2.prompt': 'Two: {{about}}',
  'haiku@3.prompt': 'Three: {{about}}',
  '_signature.prompt': 'In {{tongue}}.',
};

function choiceOf(found: PromptChoice | PromptError): PromptChoice {
  if (found instanceof PromptError) throw found;
  return found;
}

describe('a folder of prompts', () => {
  it('has working versions, versions, labels and partials by file', async () => {
    const folder = await folderOf({ ...files, 'labels.yaml': 'haiku: { production: 2 }' });
    const nameOf = (reference: string) => choiceOf(folder.find(reference)).pick('').name;
    expect(['haiku', 'haiku@2', 'haiku#production'].map(nameOf)).toEqual(['haiku', 'haiku@2', 'haiku@2']);
    expect(folder.list().map(({ name }) => name)).toEqual(['haiku', 'haiku@2', 'haiku@3']);
    expect([...choiceOf(folder.find('haiku')).pick('').variables.keys()]).toEqual(['about', 'tongue']);
    expect(folder.errors.size).toBe(0);
  });

  it.each([
    ['haiku@9', 'there is no file haiku@9.prompt'],
    ['haiku#staging', 'labels.yaml has no label "staging" of "haiku"'],
    ['../haiku', 'a prompt is named by'],
    ['_signature', 'a prompt is named by'],
    ['haiku@2#production', 'a prompt is named by'],
    ['__proto__', 'a prompt is named by'],
    ['constructor#toString', 'labels.yaml has no label'],
  ])('has no %s, and reports it', async (reference, message) => {
    const folder = await folderOf({ ...files, 'labels.yaml': 'haiku: { production: 2 }' });
    const found = folder.find(reference);
    expect(found).toBeInstanceOf(PromptError);
    expect((found as PromptError).message).toContain(message);
  });

  it('changes its hash with every file', async () => {
    const { hash } = await folderOf(files);
    expect((await folderOf(files)).hash).toBe(hash);
    expect((await folderOf({ ...files, '_signature.prompt': 'x' })).hash).not.toBe(hash);
    expect((await folderOf({ ...files, 'labels.yaml': '' })).hash).not.toBe(hash);
  });

  it('is readable although one prompt is invalid', async () => {
    const folder = await folderOf({ ...files, 'broken.prompt': '{{#each', 'a b.prompt': 'x' });
    expect([...folder.errors.keys()]).toEqual(['a b.prompt', 'broken.prompt']);
    expect(folder.find('broken')).toBeInstanceOf(PromptError);
    expect(choiceOf(folder.find('haiku')).versions).toHaveLength(1);
  });

  it.each([
    ['that is no YAML', 'haiku: [', 1, 'not YAML'],
    ['with a version that is no number', 'a: { b: 1 }\nhaiku:\n  production: three', 3, 'must be a version'],
    ['with a weight that is none', 'haiku:\n  production:\n    2: 90\n    3: -1', 4, 'a weight is'],
    ['without any weight', 'haiku:\n  production: { 2: 0 }', 2, 'no version with a weight'],
    ['that names a missing version', '\nhaiku: { production: 7 }', 2, 'no file haiku@7.prompt'],
    ['that is a list', '- haiku', 1, 'must be a map'],
  ])('refuses labels.yaml %s, with its line', async (_name, labels, line, message) => {
    const found = (await folderOf({ ...files, 'labels.yaml': labels })).find('haiku#production');
    expect(found).toBeInstanceOf(PromptError);
    expect(found).toMatchObject({ line, file: 'labels.yaml', message: expect.stringContaining(message) });
  });
});

describe('weights between versions', () => {
  const keys = Array.from({ length: 4_000 }, (_, index) => `Product "p${index}"`);
  const picks = async (weights: string) => {
    const choice = choiceOf(
      (await folderOf({ ...files, 'labels.yaml': `haiku: { production: ${weights} }` })).find('haiku#production'),
    );
    return keys.map((key) => choice.pick(key).name);
  };

  it('split entities by weight, each entity always alike', async () => {
    const picked = await picks('{ 2: 90, 3: 10 }');
    expect(await picks('{ 2: 90, 3: 10 }')).toEqual(picked);
    const share = picked.filter((name) => name === 'haiku@3').length / keys.length;
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.12);
  });

  it('move only as many entities as must be', async () => {
    const [before, after] = [await picks('{ 2: 90, 3: 10 }'), await picks('{ 2: 60, 3: 40 }')];
    const moved = before.filter((name, index) => name !== after[index]).length / keys.length;
    expect(moved).toBeGreaterThan(0.27);
    expect(moved).toBeLessThan(0.33);
    expect(before.every((name, index) => name === 'haiku@2' || after[index] === 'haiku@3')).toBe(true);
  });

  it('of 0 exclude a version', async () => {
    expect(new Set(await picks('{ 2: 0, 3: 1 }'))).toEqual(new Set(['haiku@3']));
  });
});

describe('published prompts', () => {
  it('are those with a model and a bound, each version by itself', async () => {
    const own = '---\nmodel: fast\nconfig: { maxOutputTokens: 40, temperature: 0 }\n';
    const folder = await folderOf({
      'haiku.prompt': `${own}input: { schema: { about: string } }\n---\nAbout {{about}}.`,
      'haiku@2.prompt': `${own}output: { schema: { lines(array): string } }\n---\nAbout {{about}}.`,
      'unbounded.prompt': '---\nmodel: fast\n---\nx',
      'unnamed.prompt': '---\nconfig: { maxOutputTokens: 40 }\n---\nx',
    });
    const published = publishedPrompts(folder, 'assistant');
    expect(published.map(({ name, version, alias }) => [name, version, alias])).toEqual([
      ['haiku', undefined, 'fast'],
      ['haiku', 2, 'fast'],
    ]);
    expect(published[0]?.inputSchema).toMatchObject({ required: ['about'] });
    expect(await published[0]?.render({ about: 'rain' })).toEqual({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'About rain.' }] }],
      output: { kind: 'text' },
      maxOutputTokens: 40,
      temperature: 0,
    });
    expect(await published[1]?.render({})).toMatchObject({
      output: { kind: 'json', name: 'haiku_2', schema: { properties: { lines: { type: 'array' } } } },
    });
  });
});
