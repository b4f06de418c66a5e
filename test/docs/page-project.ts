/** A project with the code of a page, as a reader has it: type-checked, or run by Node. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PageProject {
  readonly folder: string;
  /** The output of the type checker; empty without errors. */
  typeErrors(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param files by path; `isthmus` and `isthmus/testing` are replaced by the source of this repository */
export async function createPageProject(files: Readonly<Record<string, string>>): Promise<PageProject> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-page-'));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const tsconfig = JSON.stringify({
    extends: resolve('tsconfig.json'),
    compilerOptions: { rewriteRelativeImportExtensions: false },
    include: ['**/*.ts'],
    exclude: ['node_modules'],
  });
  const project = { 'package.json': '{ "type": "module" }', 'tsconfig.json': tsconfig, ...files };
  for (const [path, text] of Object.entries(project)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    const source = text
      .replaceAll("from 'isthmus'", `from '${resolve('src/index.ts')}'`)
      .replaceAll("from 'isthmus/testing'", `from '${resolve('src/testing.ts')}'`);
    await writeFile(file, source);
  }
  return {
    folder,
    typeErrors: () =>
      run('node_modules/.bin/tsc', ['-p', folder]).then(
        () => '',
        ({ stdout }: { readonly stdout: string }) => stdout,
      ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
