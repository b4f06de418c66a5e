import { describe, expect, it } from 'vitest';
import { limitsYaml, resolveLimits } from '../../../src/config/limits/limits.ts';
import { ClientLimits } from '../../../src/limits/client-limits.ts';

describe('the limits of a caller', () => {
  const clients = [
    { principal: 'anna', client_name: 'reports', depth: 1 },
    { client_name: 'reports', depth: 2 },
    { principal: 'anna', depth: 3 },
    { client_name: 'reports', depth: 4 },
    { client_name: 'web', depth: 5 },
  ];
  const limits = new ClientLimits(resolveLimits(limitsYaml.parse({ depth: 9, clients })));
  const depthOf = (id: string, clientName?: string, kind: 'user' | 'anonymous' = 'user') =>
    limits.of({
      requestId: 'r',
      principal: { id, kind, tenant: 'public', scopes: [], roles: [], claims: {}, expiresAt: undefined },
      clientHeaders: clientName === undefined ? {} : { 'apollographql-client-name': clientName },
    }).depth;

  it.each([
    ['anna', 'reports', 1],
    ['ben', 'reports', 2],
    ['anna', undefined, 3],
    ['anna', 'web', 3],
    ['ben', 'web', 5],
    ['ben', undefined, 9],
    ['ben', 'other', 9],
  ])('are those of the first entry that fits: %s with %s', (id, clientName, depth) => {
    expect(depthOf(id, clientName)).toBe(depth);
  });

  it('are no others for an anonymous caller, whatever it is called', () => {
    expect(depthOf('anna', undefined, 'anonymous')).toBe(9);
    expect(depthOf('anna', 'web', 'anonymous')).toBe(5);
  });
});
