/** The files of a template, by their paths in a project, with its names put in. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('templates', import.meta.url));

/** What takes the place of `__name__` in texts and paths, by `name`. */
export type TemplateNames = Readonly<Record<string, string>>;

export async function readTemplate(
  template: string,
  names: TemplateNames = {},
): Promise<readonly (readonly [path: string, text: string])[]> {
  const root = join(folder, template);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(async (file) => {
      const path = projectPath(relative(root, file).replaceAll('\\', '/'));
      return [withNames(path, names), withNames(await readFile(file, 'utf8'), names)] as const;
    }),
  );
}

/** npm takes a .gitignore out of a package. */
function projectPath(path: string): string {
  return basename(path) === 'gitignore.txt' ? join(dirname(path), '.gitignore') : path;
}

function withNames(text: string, names: TemplateNames): string {
  return Object.entries(names).reduce((result, [name, value]) => result.replaceAll(`__${name}__`, value), text);
}
