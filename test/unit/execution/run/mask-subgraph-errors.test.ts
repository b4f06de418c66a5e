import { describe, expect, it } from 'vitest';
import { maskSubgraphError } from '../../../../src/execution/run/mask-subgraph-errors.ts';
import type { SubgraphClient } from '../../../../src/transport/index.ts';

const client = (kind: SubgraphClient['kind']) => ({ name: 'stock', kind }) as SubgraphClient;
const error = {
  message: 'SELECT at http://10.0.0.7',
  extensions: { code: 'SOLD_OUT', sku: 7, stacktrace: ['a.ts:1'] },
};
const masked = { mode: 'wrapped', allowedExtensions: [], serviceName: true } as const;

describe('a subgraph’s error', () => {
  it('is masked by default', () => {
    expect(maskSubgraphError(masked, client('http'), error)).toEqual({
      message: 'A subgraph reported an error.',
      extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', service: 'stock' },
    });
  });

  it('shows the extensions that are allowed, and no others', () => {
    const policy = { ...masked, allowedExtensions: ['code', 'sku', 'missing', '__proto__'] };
    expect(maskSubgraphError(policy, client('http'), error)).toEqual({
      message: 'A subgraph reported an error.',
      extensions: { code: 'SOLD_OUT', sku: 7, service: 'stock' },
    });
  });

  it('shows its message where errors pass through, and no subgraph where none is to be named', () => {
    const policy = { ...masked, mode: 'pass-through', serviceName: false } as const;
    expect(maskSubgraphError(policy, client('http'), error)).toEqual({
      message: 'SELECT at http://10.0.0.7',
      extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' },
    });
  });

  it('shows the gateway’s codes of in-process subgraphs only', () => {
    const ours = { message: 'x', extensions: { code: 'AI_OUTPUT_INVALID' } };
    expect(maskSubgraphError(masked, client('in-process'), ours).extensions.code).toBe('AI_OUTPUT_INVALID');
    expect(maskSubgraphError(masked, client('http'), ours).extensions.code).toBe('DOWNSTREAM_SERVICE_ERROR');
  });
});
