import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/errors/index.ts';
import type { RequiredSelection } from '../../../../src/planning/index.ts';
import { liftInterfaceObjectFields } from '../../../../src/planning/normalise/interface-objects.ts';
import type { DraftEntityFetch, DraftPlan } from '../../../../src/planning/plan/draft-plan.ts';
import { operationOf } from '../../../../src/planning/plan/fetch-operation.ts';
import { readSupergraphTypes } from '../../../../src/planning/plan/supergraph-types.ts';
import { UnsoundPlan } from '../../../../src/planning/plan/unsound-plan.ts';
import { checkTypes } from '../../../../src/planning/repair/check-types.ts';
import { interfaceObjects } from '../../../federation/schemas/interface-objects.ts';
import { composeOrThrow } from '../../../testkit/random/test-graph.ts';

const types = readSupergraphTypes(parse(composeOrThrow(interfaceObjects.subgraphs).supergraphSdl));
const { requested } = liftInterfaceObjectFields(types, parse('{reviewed{score ...on Film{verdict}}}'));

function fetchOf(subgraph: string, body: string, requires: RequiredSelection): DraftEntityFetch {
  return {
    kind: 'entities',
    subgraph,
    operation: operationOf(
      `query($representations:[_Any!]!){_entities(representations:$representations){...on Media{${body}}}}`,
    ),
    variables: [],
    after: [],
    context: [],
    fields: [
      {
        key: '_entities',
        variable: 'representations',
        gives: [],
        leavesOnly: false,
        outputRewrites: [],
        targets: [{ path: ['reviewed', '@'], inputRewrites: [], exact: false, requires: [requires] }],
      },
    ],
  };
}

function on(type: string, ...keys: string[]): RequiredSelection {
  return { kind: 'on', type, selections: ['__typename', 'id', ...keys].map((key) => ({ kind: 'field', key })) };
}

/** @param reviewed the type for which the reviews that a verdict requires are fetched */
function planOf(reviewed: string): DraftPlan {
  return {
    fetches: [
      {
        kind: 'root',
        subgraph: 'reviews',
        operationType: 'query',
        operation: operationOf('{reviewed{__typename id}}'),
        path: [],
        variables: [],
        after: [],
        outputRewrites: [],
        gives: ['reviewed'],
      },
      fetchOf('library', '__typename title', on('Media')),
      fetchOf('reviews', 'reviews{stars}', on(reviewed)),
      fetchOf('scores', 'score verdict', on('Media', 'title', 'reviews')),
    ],
  };
}

describe('a plan over interface objects', () => {
  it('is refused if a field requires for all types what is fetched for one', () => {
    expect(() => checkTypes(planOf('Film'), requested, types)).toThrow(UnsoundPlan);
    expect(() => checkTypes(planOf('Film'), requested, types)).toThrow(/provides reviewed.score for \w+,\w+/);
  });

  it('is accepted if it is fetched for all', () => {
    expect(() => checkTypes(planOf('Media'), requested, types)).not.toThrow();
  });

  it('is refused if the type of a condition is not fetched', () => {
    const [root, , ...rest] = planOf('Film').fetches;
    if (root === undefined) throw new TypeError('a plan has a root');
    const plan = { fetches: [root, fetchOf('library', 'title', on('Media')), ...rest] };
    expect(() => checkTypes(plan, requested, types)).toThrow(/verdict|score/);
  });

  it('that is refused has its own code and message', () => {
    const error = new GatewayError('PLAN_UNSOUND');
    expect(error.entry).toMatchObject({ status: 400, retryable: false });
    expect(error.message).toBe('This operation cannot be answered correctly over this schema.');
  });
});
