import { describe, expect, it } from 'vitest';
import { operationOf } from '../../../../src/planning/plan/fetch-operation.ts';
import { UnsoundPlan } from '../../../../src/planning/plan/unsound-plan.ts';
import { createPlanChecker } from '../../../../src/planning/repair/check-complete.ts';
import { supergraphOf } from '../kit.ts';

const checker = createPlanChecker(
  supergraphOf(`
    type Query { item: Item found: Found }
    type Item { id: ID! maker: Maker }
    type Maker { name: String }
    interface Found { id: ID! }`),
);
const operation = operationOf('{item{id maker{name}}}');

describe('a plan', () => {
  it('that provides every field is accepted', () => {
    const gives = new Set(['item', 'item.id', 'item.maker', 'item.maker.name']);
    expect(() => checker.check(operation, gives)).not.toThrow();
  });

  it('that lacks a field is refused, with its path', () => {
    const gives = new Set(['item', 'item.id', 'item.maker']);
    expect(() => checker.check(operation, gives)).toThrow(UnsoundPlan);
    expect(() => checker.check(operation, gives)).toThrow(/item\.maker\.name/);
  });

  it('may lack fields below an interface, which no object may have', () => {
    expect(() => checker.check(operationOf('{found{id}}'), new Set(['found']))).not.toThrow();
  });
});
