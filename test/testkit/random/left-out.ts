/** A graph's data without the objects that some rules deny: what a monolith of it answers is what a caller may read. */
import { Kind, type ObjectTypeDefinitionNode, parse, print } from 'graphql';
import type { RowDecisions } from '../../../src/access/index.ts';
import type { DataObject, TestData } from './in-process-subgraph.ts';
import type { TestSchema } from './test-graph.ts';

export interface LeftOut {
  /** By object type, the fields that its rule reads: leaves without arguments. */
  readonly rules: Readonly<Record<string, string>>;
  /** Whether an object is denied, by its type and what the rule reads. */
  readonly isDenied: (typeName: string, row: Readonly<Record<string, unknown>>) => boolean;
}

/** The schema with `@rows` on the types, in the first subgraph that has the fields. */
export function withRules(schema: TestSchema, rules: LeftOut['rules'], denied = 'drop'): TestSchema {
  const pending = new Map(Object.entries(rules));
  const subgraphs = schema.subgraphs.map(({ name, sdl }) => {
    const document = parse(sdl);
    const definitions = document.definitions.map((definition) => {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return definition;
      const fields = pending.get(definition.name.value);
      const isOwner = fields
        ?.split(' ')
        .every((field) =>
          definition.fields?.some(({ name: own, directives = [] }) => own.value === field && directives.length === 0),
        );
      if (isOwner !== true) return definition;
      pending.delete(definition.name.value);
      const rule = `@rows(policy: "${definition.name.value}", fields: "${fields}", denied: "${denied}")`;
      const [ruled] = parse(`type T ${rule} { id: ID }`).definitions as readonly [ObjectTypeDefinitionNode];
      return { ...definition, directives: [...(definition.directives ?? []), ...(ruled.directives ?? [])] };
    });
    const link = 'extend schema @link(url: "https://isthmus.dev/access/v1.0", import: ["@rows"])\n';
    return { name, sdl: link + print({ ...document, definitions }) };
  });
  if (pending.size > 0) throw new Error(`no subgraph has the fields of ${[...pending.keys()].join()}`);
  return { ...schema, name: `${schema.name} with row rules`, subgraphs };
}

export function decisionsOf({ isDenied }: LeftOut): RowDecisions {
  return {
    isAudit: false,
    reportedIn: 'errors',
    decide: (questions) =>
      questions.map(({ rule, rows }) => rows.map((row) => row !== undefined && !isDenied(rule.policy, row))),
    // Lists of every other rule are filtered in one pass.
    conditionOf: ({ policy }, fields) =>
      policy.length % 2 === 0
        ? undefined
        : (object) => {
            if (fields.some(({ key }) => object[key] === undefined)) return false;
            return !isDenied(policy, Object.fromEntries(fields.map(({ name, key }) => [name, object[key]])));
          },
    count: () => {},
    counts: () => [],
  };
}

export function leaveOut(data: TestData, { rules, isDenied }: LeftOut, denied = 'drop'): TestData {
  const proxies = new WeakMap<object, object>();
  return { root: wrap(data.root) as DataObject, entities: data.entities.map((entity) => wrap(entity) as DataObject) };

  function wrap(value: unknown): unknown {
    if (value instanceof Promise) return value.then(allowed);
    if (Array.isArray(value)) {
      const items = value as readonly unknown[];
      return denied === 'drop'
        ? items.filter((item) => !isLeftOut(item)).map(wrap)
        : items.map((item) => (isLeftOut(item) ? null : wrap(item)));
    }
    if (value === null || typeof value !== 'object') return value;
    let proxy = proxies.get(value);
    if (proxy === undefined) {
      proxy = new Proxy(value, {
        get(target, key, receiver) {
          const inner: unknown = Reflect.get(target, key, receiver);
          if (typeof inner !== 'function') return allowed(inner);
          return function call(this: unknown, ...args: unknown[]) {
            return allowed(Reflect.apply(inner, this, args));
          };
        },
      });
      proxies.set(value, proxy);
    }
    return proxy;
  }

  function allowed(value: unknown): unknown {
    return isLeftOut(value) ? null : wrap(value);
  }

  function isLeftOut(value: unknown): boolean {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
    const object = value as DataObject;
    const fields = rules[String(object.__typename)];
    if (fields === undefined) return false;
    const row = Object.fromEntries(fields.split(' ').map((field) => [field, fieldValue(object, field)]));
    return isDenied(String(object.__typename), row);
  }
}

function fieldValue(object: DataObject, field: string): unknown {
  const value = object[field];
  return typeof value === 'function' ? (value as (args: object) => unknown).call(object, {}) : value;
}
