/** What a project needs, in the versions that this Isthmus was tested with. */
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// The package's own, beside src/ and beside dist/.
const packageFile = new URL('../../../package.json', import.meta.url);

interface OwnPackage {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
}

const ofSubgraphs = ['@apollo/subgraph', 'graphql', 'graphql-http'] as const;

function ownPackage(): OwnPackage {
  return JSON.parse(readFileSync(packageFile, 'utf8')) as OwnPackage;
}

/** What subgraphs need, as `npm install` takes it. */
export function subgraphPackages(): readonly string[] {
  const { dependencies } = ownPackage();
  return ofSubgraphs.map((name) => `${name}@${dependencies[name]}`);
}

export function packageJson(folder: string): string {
  const { version, engines, dependencies } = ownPackage();
  const needed = ofSubgraphs.map((name) => [name, dependencies[name]]);
  const content = {
    name: nameOf(folder),
    private: true,
    engines,
    scripts: { start: 'node start.mjs', check: 'isthmus compose', doctor: 'isthmus doctor' },
    dependencies: { ...Object.fromEntries(needed), isthmus: installedFrom() ?? version },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** A tarball, a folder or a URL, where a project has it from there. @returns undefined: it is the registry's */
function installedFrom(): string | undefined {
  const project = fileURLToPath(new URL('../../package.json', packageFile));
  try {
    const { dependencies } = JSON.parse(readFileSync(project, 'utf8')) as Partial<OwnPackage>;
    const source = dependencies?.isthmus ?? '';
    if (source.startsWith('file:')) return `file:${resolve(dirname(project), source.slice('file:'.length))}`;
    return /^(?:https?|git)/.test(source) ? source : undefined;
  } catch {
    return undefined; // it is installed globally, or a checkout
  }
}

/** As npm allows it. */
function nameOf(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  return name === '' ? 'graph' : name;
}
