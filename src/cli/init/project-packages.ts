/** What a project needs, in the versions that this Isthmus was tested with. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

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
    dependencies: { ...Object.fromEntries(needed), isthmus: version },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** As npm allows it. */
function nameOf(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '');
  return name === '' ? 'graph' : name;
}
