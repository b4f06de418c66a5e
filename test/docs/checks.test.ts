import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { eslintRules } from '../../src/registry/checks/lint/eslint-rules.ts';
import { federationRules } from '../../src/registry/checks/lint/federation/rules.ts';

it('lists every rule of lint, and no other', async () => {
  const page = await readFile('docs/checks.md', 'utf8');
  const [, lint = ''] = page.split('\n## Lint\n');
  const rules = [...lint.matchAll(/^\| `([\w/-]+)` \|/gm)].map((match) => match[1]);
  expect(rules).toEqual([
    ...Object.keys(eslintRules),
    ...Object.keys(federationRules).map((name) => `federation/${name}`),
  ]);
});
