import { describe, expect, it } from 'vitest';
import {
  mayChange,
  publishRightsOf,
  requireChangeRight,
  requireGraphRight,
} from '../../../src/registry/routes/publish-rights.ts';

const production = { graph: 'shop', variant: 'production' };
const publish = (...names: readonly string[]) =>
  ({ kind: 'publish', subgraphs: names.map((name) => ({ name })) }) as const;

describe('a scope of a publisher', () => {
  it.each([
    ['registry:publish', true, true, true],
    ['registry:publish:shop', true, true, true],
    ['registry:publish:shop@production', true, true, true],
    ['registry:publish:shop@staging', false, false, false],
    ['registry:publish:store', false, false, false],
    ['registry:publish:shop/products', false, true, false],
    ['registry:publish:shop@production/products', false, true, false],
    ['registry:publish:shop@staging/products', false, false, false],
    ['registry:publish:', false, false, false],
    ['registry:publish:shop/', false, false, false],
    ['registry:publish:shop/products/stock', false, false, false],
    ['registry:published', false, false, false],
  ])('%s: the graph %s, its subgraph products %s, products and stock %s', (scope, graph, one, both) => {
    const rights = publishRightsOf(['admin:read', scope]);
    const mayRule = () => {
      requireGraphRight(rights, production);
      return true;
    };
    if (graph) expect(mayRule()).toBe(true);
    else expect(mayRule).toThrow('registry:publish:shop@production,');
    expect(mayChange(rights, production, publish('products'))).toBe(one);
    expect(mayChange(rights, production, publish('products', 'stock'))).toBe(both);
    expect(mayChange(rights, production, { kind: 'delete', subgraphs: ['products'] })).toBe(one);
    expect(mayChange(rights, production, { ...publish('products'), settings: { limits: {} } })).toBe(graph);
    expect(mayChange(rights, production, { kind: 'operations', manifests: { products: null } })).toBe(graph);
    expect(mayChange(rights, production, publish())).toBe(graph);
  });

  it('is named where it is missing, and several are added up', () => {
    const rights = publishRightsOf(['registry:publish:shop/products', 'registry:publish:shop@production/stock']);
    requireChangeRight(rights, production, publish('products', 'stock'));
    const staging = { graph: 'shop', variant: 'staging' };
    expect(() => requireChangeRight(rights, staging, publish('products', 'stock'))).toThrow(
      'the scope registry:publish:shop@staging/stock,',
    );
  });
});
