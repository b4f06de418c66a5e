import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { alternativeNames } from '../../../../src/access/identify/alternative-names.ts';
import { identifyByCertificate } from '../../../../src/access/identify/client-certificates.ts';
import { TestAuthority } from '../../../testkit/servers/test-authority.ts';

describe('alternative names', () => {
  it.each([
    [
      'DNS:a.example, URI:spiffe://a/b, IP Address:127.0.0.1',
      ['DNS:a.example', 'URI:spiffe://a/b', 'IP Address:127.0.0.1'],
    ],
    ['DNS:"a.example, URI:spiffe://admin", email:a@b', ['DNS:a.example, URI:spiffe://admin', 'email:a@b']],
    ['', []],
    ['DNS:a.example, URI:"not closed', []],
    ['DNS:a", URI:spiffe://admin', []],
    ['no list', []],
  ])('%j', (text, names) => {
    expect(alternativeNames(text)).toEqual(names);
  });
});

describe('a client certificate', () => {
  let authority: TestAuthority;
  beforeAll(() => {
    authority = new TestAuthority();
  });
  afterAll(() => authority.remove());
  afterEach(() => vi.useRealTimers());

  it('identifies nobody once it has expired, on a connection that began before', () => {
    const certificate = new X509Certificate(authority.issue({ subject: '/CN=billing', names: '' }).cert);
    const rights = { kind: 'service', tenant: 'public', scopes: [], roles: [] } as const;
    const identify = identifyByCertificate([{ subject: { CN: 'bill*' }, san: undefined, id: undefined, ...rights }]);
    const facts = { headers: {}, address: '', certificate };
    expect(identify(facts)).toMatchObject({ id: 'billing', expiresAt: certificate.validToDate.getTime() });
    vi.useFakeTimers({ now: certificate.validToDate });
    expect(() => identify(facts)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
  });
});
