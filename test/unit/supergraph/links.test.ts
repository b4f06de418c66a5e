/** The names of linked directives, as the link specification gives them. */
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { directiveNamesOf, federationNamesOf } from '../../../src/supergraph/directives/links.ts';

const cost = 'https://specs.apollo.dev/cost';
const linked = (link: string) => parse(`extend schema @link(url: "https://specs.apollo.dev/${link})`);

describe('the name of a linked directive', () => {
  it.each([
    ['federation/v2.9", import: ["@key"]', 'key', ['key']],
    ['federation/v2.9", import: [{ name: "@key", as: "@id" }]', 'key', ['id']],
    ['federation/v2.9", import: ["@shareable"]', 'key', ['federation__key']],
    ['federation/v2.9"', 'key', ['federation__key']],
    ['federation/v2.9", as: "fed"', 'key', ['fed__key']],
    ['link/v1.0"', 'key', ['key']],
  ])('of federation, linked as %s: %s is %j', (link, name, names) => {
    expect([...federationNamesOf(linked(link), name)]).toEqual(names);
  });

  it.each([
    ['cost/v0.1"', 'cost', ['cost']],
    ['cost/v0.1"', 'listSize', ['cost__listSize']],
    ['cost/v0.1", as: "price"', 'cost', ['price']],
    ['cost/v0.1", as: "price"', 'listSize', ['price__listSize']],
    ['cost/v0.1", as: "price", import: ["@listSize"]', 'listSize', ['listSize']],
    ['tag/v0.3"', 'cost', []],
  ])('of a feature, linked as %s: %s is %j', (link, name, names) => {
    expect([...directiveNamesOf(linked(link), cost, name)]).toEqual(names);
  });
});
