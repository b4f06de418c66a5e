import { describe, expect, it } from 'vitest';
import { surrogateKeysOf } from '../../../src/cache/tags/index.ts';

describe('surrogate keys', () => {
  it.each([
    ['entity:Product(id) ["p1"]', ['Product:p1']],
    ['entity:Shelf(letter room{house{number}}) ["A B","7"]', ['Shelf:A%20B:7']],
    ['entities:Product(id)', ['Product:*']],
    ['cache_tag:products product-p1', ['product-p1']],
    ['cache_tag:products a, b\r\nset-cookie: x', ['a%2C%20b%0D%0Aset-cookie:%20x']],
    ['cache_tag:products é/\ud800', ['%C3%A9/%EF%BF%BD']],
    ['cache_tags:products product-', ['product-*']],
    ['cache_prefix:products product-', []],
    ['type:products.Product', ['type:products.Product']],
    ['operation:Cart', ['operation:Cart']],
    ['prompt:review summary', ['prompt:review%20summary']],
    [`entity:Product(id) ["${'x'.repeat(198)}#digest`, [`Product:%5B%22${'x'.repeat(198)}%23digest`]],
  ])('of %s are %j', (tag, keys) => {
    expect(surrogateKeysOf([tag, tag])).toEqual(keys);
  });
});
