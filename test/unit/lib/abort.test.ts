import { describe, expect, test } from 'vitest';
import { Aborter, addAbortListener, removeAbortListener } from '../../../src/lib/index.ts';

const kinds = [
  ['a signal of the gateway’s own', () => new Aborter()],
  ['a signal from elsewhere', () => new AbortController()],
] as const;

describe.each(kinds)('%s', (_name, create) => {
  test('tells each listener once, a function or an object, and everybody else by its event', () => {
    const aborter = create();
    const told: string[] = [];
    addAbortListener(aborter.signal, () => told.push('function'));
    addAbortListener(aborter.signal, { handleEvent: () => told.push('object') });
    aborter.signal.addEventListener('abort', () => told.push('event'));
    aborter.abort(new Error('gone'));
    aborter.abort(new Error('again'));
    expect(told.sort()).toEqual(['event', 'function', 'object']);
    expect(aborter.signal.reason).toEqual(new Error('gone'));
  });

  test('tells no listener that was removed, and none that was added too late', () => {
    const aborter = create();
    const told: number[] = [];
    const listeners = [0, 1, 2, 3].map((number) => () => told.push(number));
    for (const listener of listeners) addAbortListener(aborter.signal, listener);
    for (const place of [1, 3]) removeAbortListener(aborter.signal, listeners[place] ?? (() => {}));
    removeAbortListener(aborter.signal, () => {});
    aborter.abort(new Error('gone'));
    addAbortListener(aborter.signal, () => told.push(4));
    expect(told.sort()).toEqual([0, 2]);
  });

  test('has been aborted for whoever is told', () => {
    const aborter = create();
    const reasons: unknown[] = [];
    addAbortListener(aborter.signal, () => reasons.push(aborter.signal.aborted, aborter.signal.reason));
    aborter.abort('left');
    expect(reasons).toEqual([true, 'left']);
  });
});
