/** What people read of usage: what is unused, and what is deprecated until when. */
import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { UsageReader } from '../../../src/registry/checks/usage-reader.ts';
import { deprecatedCoordinates, deprecationDates } from '../../../src/usage/coordinates/deprecated-coordinates.ts';
import { UsageReport } from '../../../src/usage/coordinates/index.ts';
import { unusedCoordinates } from '../../../src/usage/coordinates/unused-coordinates.ts';
import { type UsageGroup, WindowedUsage } from '../../../src/usage/index.ts';
import { schema } from './schema.ts';

const unusedBut = (...used: readonly string[]): readonly string[] =>
  unusedCoordinates(schema, (coordinate) => used.includes(coordinate)).map(({ coordinate }) => coordinate);

describe('what is unused', () => {
  it('are the fields that no operation asks for; of those that are used, the arguments that none gives', () => {
    const unused = unusedBut('Query', 'Query.search', 'Query.search.text', 'Shop', 'Shop.title');
    expect(unused).toEqual(
      expect.arrayContaining(['Query.search.in', 'Query.search.where', 'Query.node', 'Shop.id', 'Mutation.save']),
    );
    expect(unused).not.toContain('Query.node.id');
    expect(unused).not.toContain('Shop.title');
  });

  it('is no field of a type whose interface is asked for it', () => {
    expect(unusedBut('Node.id')).not.toEqual(expect.arrayContaining(['Product.id']));
    expect(unusedBut('Product.id')).toContain('Node.id');
  });

  it('are input fields and enum values of what is used, but no values that answers have', () => {
    const unused = unusedBut('Range', 'Range.from', 'Currency', 'Currency.EUR', 'Kind', 'Kind.TOY');
    expect(unused).toEqual(expect.arrayContaining(['Range.to', 'Range.currency', 'Currency.USD']));
    expect(unused.filter((name) => /^(Kind|Filter|By)\./.test(name))).toEqual([]);
  });
});

describe('what is deprecated', () => {
  it('has a date of its end, and of its beginning, where the reason says so', () => {
    const of = buildSchema(`
      type Query {
        a(b: Int @deprecated(reason: "Unread. (sunset: 2027-03-01)")): E @deprecated(reason: "Use c. (since: 2026-11-30, sunset: 2027-05-01)")
        c(i: I): E
      }
      enum E { X Y @deprecated }
      input I { old: Int @deprecated(reason: "(sunset: 2027-02-30)") new: Int }`);
    expect([...deprecatedCoordinates(of).values()]).toEqual([
      {
        coordinate: 'Query.a',
        reason: 'Use c. (since: 2026-11-30, sunset: 2027-05-01)',
        since: '2026-11-30',
        sunset: '2027-05-01',
      },
      { coordinate: 'Query.a.b', reason: 'Unread. (sunset: 2027-03-01)', since: undefined, sunset: '2027-03-01' },
      { coordinate: 'E.Y', reason: 'No longer supported', since: undefined, sunset: undefined },
      { coordinate: 'I.old', reason: '(sunset: 2027-02-30)', since: undefined, sunset: undefined },
    ]);
  });

  it.each([
    ['gone (sunset:2027-03-01)', '2027-03-01'],
    ['gone ( replaced by x; sunset: 2027-03-01 ) soon', '2027-03-01'],
    ['sunset: 2027-03-01', undefined],
    ['(sunset: soon)', undefined],
    ['(sunset: 2027-13-01)', undefined],
    [`(${'('.repeat(10_000)}`, undefined],
  ])('reads %j', (reason, sunset) => expect(deprecationDates(reason).sunset).toBe(sunset));

  it('is listed with who still uses it, what ends first before the rest', () => {
    const operation = {
      id: 'a',
      signature: 'a',
      kind: 'query',
      name: 'A',
      document: '{ old }',
      coordinates: ['Query', 'Query.old'],
    } as const;
    const group: UsageGroup = {
      operation,
      client: 'web',
      clientVersion: '1',
      graph: undefined,
      count: 3,
      errors: 0,
      durationMs: 3,
      maxMs: 1,
      lastAt: 0,
      inputs: new Map(),
    };
    const of = buildSchema('type Query { old: Int @deprecated next: Int @deprecated(reason: "(sunset: 2027-01-01)") }');
    expect(new UsageReport([group]).deprecated(of)).toMatchObject([
      { coordinate: 'Query.next', sunset: '2027-01-01', requests: 0, clients: [], lastUsed: undefined },
      {
        coordinate: 'Query.old',
        requests: 3,
        clients: [{ name: 'web', version: '1', requests: 3 }],
        lastUsed: '1970-01-01T00:00:00.000Z',
      },
    ]);
  });
});

it('is what checks ask for', () => {
  expect(new WindowedUsage(async () => []) satisfies UsageReader).toBeInstanceOf(WindowedUsage);
});
