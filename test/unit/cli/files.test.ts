/** Files that a command line names: what is said where they cannot be read or written, or have no text. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInput } from '../../../src/cli/read-input.ts';
import { readSchema } from '../../../src/cli/subgraph/publish.ts';
import { writeWhole } from '../../../src/cli/write-whole.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(content: string | Uint8Array): Promise<string> {
  const file = join(folder, 'schema.graphql');
  await writeFile(file, content);
  return file;
}

describe('a file that a command reads', () => {
  it.each([
    ['is not there', undefined, 'cannot be read: there is no such file'],
    ['is UTF-16', Buffer.from('\uFEFFtype Query { a: Int }', 'utf16le'), 'is UTF-16: save it as UTF-8'],
    ['has a NUL byte', 'type Query {\n  a: Int\0\n}', 'is no text: its line 2 has a NUL byte'],
    ['is not UTF-8', Buffer.from([0x74, 0xe9, 0x74]), 'is not UTF-8: save it as UTF-8'],
    ['is empty', '\n \n', 'is empty: it has no schema'],
    ['is JSON', '{\n  "data": {} }', 'is JSON: a schema is written as SDL'],
  ])('and that %s is told', async (_what, content, message) => {
    const file = content === undefined ? join(folder, 'nowhere') : await fileOf(content);
    await expect(readSchema(file)).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringContaining(`${file} ${message}`),
    });
  });

  it('loses its byte order mark', async () => {
    expect(await readInput(await fileOf('\uFEFFtype Query { a: Int }'))).toBe('type Query { a: Int }');
  });
});

describe('a file that a command writes', () => {
  it.each([
    ['in no folder', () => join(folder, 'no', 'x'), () => `there is no folder ${join(folder, 'no')}`],
    ['below a file', () => join(folder, 'schema.graphql', 'x'), () => 'a part of its path is a file, not a folder'],
    ['in place of a folder', () => folder, () => 'it is a folder'],
  ])('%s is told', async (_what, file, reason) => {
    await fileOf('');
    const message = `${file()} cannot be written: ${reason()}`;
    await expect(writeWhole(file(), 'x')).rejects.toMatchObject({ code: 'FILE', message });
  });
});
