import { describe, expect, it } from 'vitest';
import { PlanQueue, type Queued } from '../../../../src/planning/apollo/plan-queue.ts';

interface Named extends Queued {
  readonly name: string;
}

const task = (name: string, client: string, rest: Partial<Queued> = {}): Named => ({
  name,
  client,
  supergraph: 's',
  isFamiliar: false,
  isLong: false,
  ...rest,
});

function drain(queue: PlanQueue<Named>, canPlan: (one: Named) => boolean = () => true): string[] {
  const names: string[] = [];
  for (let next = queue.dequeue(canPlan); next !== undefined; next = queue.dequeue(canPlan)) names.push(next.name);
  return names;
}

describe('operations that wait to be planned', () => {
  it('of several clients alternate, however many one has', () => {
    const queue = new PlanQueue<Named>();
    for (let index = 0; index < 50; index++) queue.add(task(`a${index}`, 'a'));
    queue.add(task('b0', 'b'));
    queue.add(task('c0', 'c'));
    queue.add(task('b1', 'b'));
    expect(drain(queue).slice(0, 6)).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'a2']);
    expect(queue.size).toBe(0);
  });

  it('are first if the same was planned before, and last if a brief search was not enough', () => {
    const queue = new PlanQueue<Named>();
    queue.add(task('long', 'a', { isLong: true, isFamiliar: true }));
    queue.add(task('fresh', 'a'));
    queue.add(task('familiar', 'b', { isFamiliar: true }));
    expect(drain(queue)).toEqual(['familiar', 'fresh', 'long']);
  });

  it('that are long are planned too', () => {
    const queue = new PlanQueue<Named>();
    queue.add(task('long', 'a', { isLong: true }));
    for (let index = 0; index < 100; index++) queue.add(task(`${index}`, 'b'));
    expect(drain(queue).indexOf('long')).toBeLessThan(30);
  });

  it('that cannot be planned yet do not delay others', () => {
    const queue = new PlanQueue<Named>();
    queue.add(task('other', 'a', { supergraph: 't' }));
    queue.add(task('mine', 'a'));
    queue.add(task('too', 'b'));
    expect(drain(queue, ({ supergraph }) => supergraph === 's')).toEqual(['mine', 'too']);
    expect(queue.remove(({ supergraph }) => supergraph === 't').map(({ name }) => name)).toEqual(['other']);
    expect(queue.size).toBe(0);
  });

  it('are dropped from the client with the most', () => {
    const queue = new PlanQueue<Named>();
    queue.add(task('b', 'b'));
    for (const name of ['a0', 'a1', 'a2']) queue.add(task(name, 'a', { isLong: name === 'a1' }));
    expect([queue.dropFromLongest()?.name, queue.dropFromLongest()?.name]).toEqual(['a1', 'a2']);
    queue.addFirst(task('again', 'c'));
    expect(drain(queue)).toEqual(['again', 'b', 'a0']);
  });
});
