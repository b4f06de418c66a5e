import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  contentHashOf,
  createSigningKey,
  type GenerationContent,
  generationContent,
  hashOfText,
  isSignedBy,
  isWhole,
  keepContentFolders,
  writeContentFolder,
} from '../../../../src/registry/generation/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-contents-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const texts = new Map(['type Query { a: Int }', 'Say {{it}}.'].map((text) => [hashOfText(text), text]));
const textsOf = async () => texts;
const [schema = '', prompt = ''] = texts.keys();
const content: GenerationContent = {
  subgraphs: {
    assistant: { kind: 'ai', routingUrl: null, files: { 'schema.graphql': schema, 'prompts/say@2.prompt': prompt } },
    empty: { kind: 'ai', routingUrl: null, files: { 'schema.graphql': schema } },
  },
  settings: {},
};

describe('a folder of a generation’s content', () => {
  it('has the files byte for byte, is the same for everyone who writes it at once, and is written again where it was altered', async () => {
    const paths = await Promise.all(Array.from({ length: 8 }, () => writeContentFolder(folder, content, textsOf)));
    const [path = ''] = paths;
    expect(new Set(paths)).toEqual(new Set([join(folder, contentHashOf(content))]));
    expect(readFileSync(join(path, 'assistant/prompts/say@2.prompt'), 'utf8')).toBe('Say {{it}}.');
    expect(readdirSync(join(path, 'empty'))).toEqual(['prompts', 'schema.graphql']);
    expect(readdirSync(folder)).toHaveLength(1);
    for (const alter of [
      () => writeFileSync(join(path, 'assistant/schema.graphql'), 'type Query { b: Int }'),
      () => writeFileSync(join(path, 'assistant/prompts/more.prompt'), 'x'),
      () => rmSync(join(path, 'empty/schema.graphql')),
    ]) {
      alter();
      expect(await isWhole(path, content)).toBe(false);
      await writeContentFolder(folder, content, textsOf);
      expect(await isWhole(path, content)).toBe(true);
    }
  });

  it('is refused where a text is missing, and leaves nothing behind', async () => {
    const other = { ...content, settings: { limits: { depth: 3 } } };
    await expect(writeContentFolder(folder, other, async () => new Map())).rejects.toThrow('is missing');
    const forged = async () => new Map([...texts.keys()].map((hash) => [hash, 'type Query { c: Int }']));
    await expect(writeContentFolder(folder, other, forged)).rejects.toThrow('is not the one that was published');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('stays while it is named or was asked for lately', async () => {
    const other = { ...content, settings: { limits: { depth: 4 } } };
    const [path, second] = [
      await writeContentFolder(folder, content, textsOf),
      await writeContentFolder(folder, other, textsOf),
    ];
    await keepContentFolders(folder, new Set());
    expect(readdirSync(folder)).toHaveLength(2);
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const each of [path, second]) utimesSync(each, longAgo, longAgo);
    await keepContentFolders(folder, new Set([contentHashOf(other)]));
    expect(readdirSync(folder)).toEqual([contentHashOf(other)]);
    utimesSync(second, longAgo, longAgo);
    await writeContentFolder(folder, other, textsOf);
    await keepContentFolders(folder, new Set());
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe('the content of a generation', () => {
  it('names no file outside its folder', () => {
    const of = (file: string, name = 'a') =>
      generationContent.safeParse({
        subgraphs: { [name]: { kind: 'ai', routingUrl: null, files: { 'schema.graphql': schema, [file]: prompt } } },
        settings: {},
      }).success;
    expect(of('prompts/say.prompt')).toBe(true);
    for (const file of ['../x', 'prompts/../x', 'prompts/a/b', '/etc/passwd', 'prompts/.x', 'x.graphql'])
      expect(of(file), file).toBe(false);
    expect(of('prompts/say.prompt', '../a')).toBe(false);
  });
});

describe('a signature', () => {
  const generation = { graph: 'shop', variant: 'current', number: 3, contentHash: schema };
  const key = createSigningKey(Buffer.alloc(32, 7));

  it('is of one generation of one variant, and of one key', () => {
    const signature = key.sign(generation);
    expect(isSignedBy(key.publicKey, generation, signature)).toBe(true);
    expect(isSignedBy(createSigningKey(Buffer.alloc(32, 8)).publicKey, generation, signature)).toBe(false);
    for (const change of [{ graph: 'other' }, { variant: 'staging' }, { number: 4 }, { contentHash: prompt }])
      expect(isSignedBy(key.publicKey, { ...generation, ...change }, signature), JSON.stringify(change)).toBe(false);
    expect(isSignedBy(key.publicKey, generation, 'none')).toBe(false);
  });
});
