/**
 * `node licences.ts`: what a production install brings is under licences that are listed here, and every package that is
 * not free software by OSI's definition is named in the README. The list comes from `npm sbom`, as the bill of materials
 * in the package does.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** SPDX expressions that may be distributed with and used by anyone. */
const permissive: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'MIT or MPL-2.0',
  '(AFL-2.1 OR BSD-3-Clause)',
  '(MIT AND BSD-3-Clause)',
]);

/** Source-available: usable by whoever runs a gateway, not to be offered to others as a managed service. */
const named: ReadonlySet<string> = new Set(['Elastic-2.0']);

interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
}

/** The CycloneDX bill of materials of what `npm ci --omit=dev` installs, as JSON text. */
export function billOfMaterials(): string {
  return execFileSync('npm', ['sbom', '--omit', 'dev', '--sbom-format', 'cyclonedx'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}

function licencesOf({ licenses = [] }: Component): readonly string[] {
  return licenses.map(({ license, expression }) => license?.id ?? license?.name ?? expression ?? 'unknown');
}

function problems(): readonly string[] {
  const { components } = JSON.parse(billOfMaterials()) as { readonly components: readonly Component[] };
  const readme = readFileSync('README.md', 'utf8');
  return components.flatMap((component) => {
    const licences = licencesOf(component);
    const name = `${component.name}@${component.version}`;
    if (licences.length === 0) return [`${name} has no licence`];
    return licences.flatMap((licence) => {
      if (permissive.has(licence)) return [];
      if (!named.has(licence)) return [`${name} is under ${licence}, which licences.ts does not list`];
      return readme.includes(`\`${component.name}\``) ? [] : [`${name} is under ${licence}: name it in the README`];
    });
  });
}

if (import.meta.main) {
  const found = problems();
  for (const problem of found) console.error(problem);
  if (found.length > 0) process.exitCode = 1;
}
