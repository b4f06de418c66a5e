import { describe, expect, test } from 'vitest';
import { Aborter, abortSignalOf, addAbortListener, removeAbortListener } from '../../../src/lib/index.ts';

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

describe('the gateway’s own abort', () => {
  test('makes a signal for whoever needs one, once, before or after it has aborted', () => {
    const [early, late] = [new Aborter(), new Aborter()];
    const signal = abortSignalOf(early);
    for (const aborter of [early, late]) aborter.abort(new Error('gone'));
    expect(abortSignalOf(early)).toBe(signal);
    for (const aborter of [early, late]) {
      expect(abortSignalOf(aborter)).toBeInstanceOf(AbortSignal);
      expect(abortSignalOf(aborter).reason).toEqual(new Error('gone'));
      expect(() => aborter.throwIfAborted()).toThrow('gone');
    }
    expect(abortSignalOf(signal)).toBe(signal);
  });

  test('tells those who listen to it and those who listen to its signal', () => {
    const aborter = new Aborter();
    const told: string[] = [];
    const removed = (): void => void told.push('removed');
    addAbortListener(aborter, () => told.push('aborter'));
    addAbortListener(aborter.signal, () => told.push('signal'));
    addAbortListener(aborter, removed);
    removeAbortListener(aborter.signal, removed);
    AbortSignal.any([aborter.signal]).addEventListener('abort', () => told.push('event'));
    aborter.abort();
    expect(told.sort()).toEqual(['aborter', 'event', 'signal']);
    expect(aborter.reason).toMatchObject({ name: 'AbortError' });
  });
});
