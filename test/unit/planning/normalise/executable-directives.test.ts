import { parse, print, stripIgnoredCharacters } from 'graphql';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/errors/index.ts';
import {
  attachDirectives,
  detachDirectives,
  refuseDirectives,
  sentDirectives,
} from '../../../../src/planning/normalise/executable-directives.ts';
import { operationOf } from '../../../../src/planning/plan/fetch-operation.ts';
import { entityFetch, on, rootFetch, textsOf } from '../kit.ts';

describe('the directives of an operation', () => {
  it('are removed for planning, and added to every request with their variables', () => {
    const { document, detached } = detachDirectives(parse('query($v0:Int,$v1:Int)@trace(n:$v1){item(n:$v0){id}}'));
    expect(stripIgnoredCharacters(print(document))).toBe('query($v0:Int$v1:Int){item(n:$v0){id}}');
    const item = entityFetch('b', ['item'], [on('Item', 'id')], '...on Item{name}');
    const plan = attachDirectives({ fetches: [rootFetch('a', 'query($v0:Int){item(n:$v0){id}}'), item] }, detached);
    expect(textsOf(plan)).toEqual([
      'query($v0:Int$v1:Int)@trace(n:$v1){item(n:$v0){id}}',
      'query($representations:[_Any!]!$v1:Int)@trace(n:$v1){_entities(representations:$representations){...on Item{name}}}',
    ]);
    expect(plan.fetches.map(({ variables }) => variables)).toEqual([['v0', 'v1'], ['v1']]);
  });

  it('cost nothing in an operation without any', () => {
    const document = parse('{id}');
    expect(detachDirectives(document)).toEqual({ document, detached: undefined });
  });
});

describe('a custom directive', () => {
  const directives = operationOf('query @skip(if:true) @trace @log {id}').directives ?? [];

  it('is sent in its order, without those the gateway executes', () => {
    expect(sentDirectives(directives).map(({ name }) => name.value)).toEqual(['trace', 'log']);
  });

  it('is refused by name where it cannot be sent', () => {
    expect(() => refuseDirectives(directives, 'a fragment')).toThrow(GatewayError);
    expect(() => refuseDirectives(directives, 'a fragment')).toThrow(/"@trace" cannot be sent on with a fragment/);
    expect(() => refuseDirectives([], 'a fragment')).not.toThrow();
  });
});
