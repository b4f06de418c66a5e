import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFieldCode } from '../../../../../src/ai/fields/code/read-field-code.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-code-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function read(text: string, file = join(folder, `fields-${files++}.ts`)) {
  await writeFile(file, text);
  return readFieldCode(file);
}

describe('a module of field code', () => {
  it('is read with its fields, in TypeScript', async () => {
    const code = await read(
      `export const fields: object = { 'A.b': { variables: ['x'], inputs: (): object => ({ x: 1 }) }, 'A.c': { finish: (value: unknown) => value } };`,
    );
    if (typeof code === 'string') throw new Error(code);
    expect([...code.fields.keys()]).toEqual(['A.b', 'A.c']);
    expect(code.fields.get('A.b')?.variables).toEqual(['x']);
    expect(code.hash).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is reloaded after an edit, with another hash', async () => {
    const file = join(folder, 'edited.ts');
    const text = (word: string): string => `export const fields = { 'A.b': { finish: () => '${word}' } };`;
    const [one, two, again] = [
      await read(text('one'), file),
      await read(text('two'), file),
      await read(text('one'), file),
    ];
    if (typeof one === 'string' || typeof two === 'string' || typeof again === 'string') throw new Error('code');
    const call = { entity: {}, args: {}, signal: new AbortController().signal };
    expect([one, two, again].map(({ fields }) => fields.get('A.b')?.finish?.('', call))).toEqual(['one', 'two', 'one']);
    expect(one.hash).toBe(again.hash);
    expect(one.hash).not.toBe(two.hash);
  });

  it.each([
    ['with a mistake of syntax', 'export const fields = {', 'cannot be loaded'],
    ['that throws', 'throw new Error("not today")', 'not today'],
    ['without fields', 'export const other = {}', 'exports no `fields`'],
    ['whose fields are a text', 'export const fields = "x"', 'exports no `fields`'],
    ['with a field that does nothing', 'export const fields = { "A.b": {} }', 'A.b'],
    ['with a field that is a function', 'export const fields = { "A.b": () => 1 }', 'A.b'],
    ['with a finish that is none', 'export const fields = { "A.b": { finish: 1 } }', 'A.b'],
    ['with variables that are no names', 'export const fields = { "A.b": { inputs() {}, variables: [1] } }', 'A.b'],
  ])('%s is refused in words', async (_name, text, words) => {
    expect(await read(text)).toContain(words);
  });

  it('that does not exist is refused with a message', async () => {
    expect(await readFieldCode(join(folder, 'missing.ts'))).toContain('cannot be loaded');
  });
});
