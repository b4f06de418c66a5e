import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Access } from '../../../../src/access/index.ts';
import type { ResolvedConfig } from '../../../../src/config/index.ts';
import type { OperationRequest } from '../../../../src/execution/index.ts';
import { joinedVary, publicOperations, varyOf } from '../../../../src/http/graphql/public-answers.ts';

const document = parse('{ a }');
const request = { document, operation: document.definitions[0] } as unknown as OperationRequest;
const config = (more: object, contracts: readonly object[] = []): ResolvedConfig =>
  ({ access: { requireAuthentication: false, contracts, ...more }, server: { graphqlPath: '/graphql' } }) as never;
const protecting = (protects: boolean) => ({ protects: () => protects }) as unknown as Access;

describe('an answer is public', () => {
  it.each([
    ['where nothing protects the operation', config({}), undefined, true],
    ['where no rule is about the operation', config({}), protecting(false), true],
    ['but not where one is', config({}), protecting(true), false],
    ['but not where callers must prove who they are', config({ requireAuthentication: true }), undefined, false],
    ['but not where a contract is chosen at the endpoint', config({}, [{ path: undefined }]), undefined, false],
    ['but not where one is chosen at its path', config({}, [{ path: '/graphql' }]), undefined, false],
    ['where contracts have paths of their own', config({}, [{ path: '/partners' }]), undefined, true],
  ])('%s', (_, configuration, access, expected) => {
    expect(publicOperations(configuration, access)(request)).toBe(expected);
  });

  it('but not in a contract', () => {
    const view = { contract: 'partners' } as unknown as NonNullable<OperationRequest['view']>;
    expect(publicOperations(config({}), undefined)({ ...request, view })).toBe(false);
  });
});

describe('Vary', () => {
  it('names the client where it decides which document is meant', () => {
    const documents = (list: readonly string[]) =>
      ({ persistedOperations: { documents: list } }) as unknown as ResolvedConfig;
    expect(varyOf(documents([]))).toBe('accept');
    expect(varyOf(documents(['persisted/']))).toBe('accept, apollographql-client-name, graphql-client-name');
  });

  it('of several parts names each header once', () => {
    expect(joinedVary('Origin', 'accept')).toBe('Origin, accept');
    expect(joinedVary('Origin, Accept', 'accept,  x-language')).toBe('Origin, accept, x-language');
    expect(joinedVary(undefined, 'accept')).toBe('accept');
  });
});
