import { describe, expect, it } from 'vitest';
import { anonymous } from '../../../../src/access/principal.ts';
import { GatewayError } from '../../../../src/errors/index.ts';
import type {
  CompiledEntityFetch,
  CompiledEntityField,
  CompiledRootFetch,
} from '../../../../src/execution/compile/compile-plan.ts';
import type { DataObject } from '../../../../src/execution/data/data.ts';
import { covers } from '../../../../src/execution/run/failure.ts';
import { RunData } from '../../../../src/execution/run/run-data.ts';
import { RunFailures } from '../../../../src/execution/run/run-failures.ts';
import { Deadline } from '../../../../src/lib/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';
import type { SubgraphClient } from '../../../../src/transport/index.ts';

const client: SubgraphClient = { name: 's', kind: 'http', execute: async () => ({}), close: async () => {} };

function failures(root: DataObject) {
  const data = new RunData();
  Object.assign(data.root, root);
  const list = new RunFailures({
    data,
    clients: new Map([['s', client]]),
    context: {
      requestId: 'r',
      principal: anonymous,
      signal: new AbortController().signal,
      deadline: Deadline.in(1_000),
    },
    log: createLogger({ level: 'silent', readable: false }),
    errorPolicy: { mode: 'wrapped', allowedExtensions: [], serviceName: true },
  });
  return { data, failures: list };
}

const field = {
  key: '_entities',
  gives: ['n', 'm'],
  paths: [['l', '@']],
  covers: [
    ['l', '@', 'n'],
    ['l', '@', 'm'],
  ],
} as unknown as CompiledEntityField;
const root = { gives: ['a', 'b'], covers: [['a'], ['b']] } as unknown as CompiledRootFetch;
const fetch = { subgraph: 's', covers: field.covers } as unknown as CompiledEntityFetch;

describe('failures of a run', () => {
  it('cover every place of a request that fails as a whole', () => {
    const { failures: run } = failures({});
    run.addRequest('s', new GatewayError('SUBGRAPH_REQUEST_TIMEOUT', { service: 's' }), ['a'], [['a'], ['b']]);
    run.addRequest('s', new Error('a defect'), undefined, []);
    expect(run.list).toMatchObject([
      { path: ['a'], covers: [['a'], ['b']], extensions: { code: 'SUBGRAPH_REQUEST_TIMEOUT', service: 's' } },
      { path: undefined, extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
  });

  it('have the places of root errors, from the object that the request is for', () => {
    const { data, failures: run } = failures({ x: { a: null } });
    run.addRootErrors('s', [{ message: 'm', path: ['a'] }, { message: 'm' }], root, { place: ['x'], hasData: true });
    expect(run.list.map(({ path, covers }) => ({ path, covers }))).toEqual([
      { path: ['x', 'a'], covers: [['x', 'a']] },
      { path: ['x', 'a'], covers: root.covers },
    ]);
    expect(data.failedNulls.isEmpty).toBe(false);
  });

  it('have every place of the entity that an error of `_entities` names', () => {
    const entity: DataObject = { n: null };
    const { failures: run } = failures({ l: [entity, {}, entity] });
    const requested = { field, representations: ['{}'], values: undefined, owners: [[entity]] };
    run.addEntityErrors(fetch, [{ message: 'm', path: ['_entities', 0, 'n'] }], [requested], {
      _entities: [{ n: null }],
    });
    expect(run.list).toMatchObject([{ path: ['l', 0, 'n'], further: [['l', 2, 'n']], covers: [['l', '@', 'n']] }]);
  });

  it('cover all fields of an entity that is null', () => {
    const entity: DataObject = {};
    const { failures: run } = failures({ l: [entity] });
    const requested = { field, representations: ['{}'], values: undefined, owners: [[entity]] };
    run.addEntityErrors(fetch, [{ message: 'm', path: ['_entities', 0] }], [requested], {
      _entities: [null],
    });
    expect(run.list).toMatchObject([{ path: ['l', 0, 'n'], covers: field.covers }]);
  });

  it('have the first place where an answer is malformed or its error has no path', () => {
    const entity: DataObject = {};
    const { failures: run } = failures({ l: [entity] });
    const requested = { field, representations: ['{}'], values: undefined, owners: [[entity]] };
    run.addMalformed('s', requested);
    run.addEntityErrors(fetch, [{ message: 'm' }], [requested], { _entities: null });
    run.addNoData('s', ['a'], [['a']]);
    expect(run.list.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['l', 0, 'n'], 'SUBREQUEST_MALFORMED_RESPONSE'],
      [['l', 0, 'n'], 'DOWNSTREAM_SERVICE_ERROR'],
      [['a'], 'SUBREQUEST_MALFORMED_RESPONSE'],
    ]);
  });

  it.each([
    [['a'], true],
    [['a', 0, 'b'], true],
    [['a', 0, 'c'], false],
    [['b'], false],
  ])('explain a null at %j: %s', (path, explained) => {
    expect(covers([['a', '@', 'b']], path)).toBe(explained);
  });
});
