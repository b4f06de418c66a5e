/** Lint where the packages of graphql-eslint, which are optional, are not installed. */
import { expect, it, vi } from 'vitest';
import { lintSource } from '../../../../src/registry/checks/lint/lint-source.ts';

vi.mock('eslint/universal', () => ({
  get Linter() {
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  },
}));

it('has the rules of federation, and says that the others are missing', async () => {
  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@tag"])
    type Query { a: Int }`;
  const { findings, hasEslint } = await lintSource(sdl);
  expect(hasEslint).toBe(false);
  expect(findings.map(({ message }) => message).join()).toContain('@tag');
});
