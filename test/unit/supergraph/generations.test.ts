import { describe, expect, it } from 'vitest';
import { type Generation, Generations } from '../../../src/supergraph/index.ts';

function generation(id: string, closed: string[]): Generation {
  return { id, close: async () => void closed.push(id) };
}

describe('generations', () => {
  it('keep a request on the one it began with, and close it after its last request', async () => {
    const closed: string[] = [];
    const generations = new Generations<Generation>();
    generations.swap(generation('one', closed));
    const first = generations.acquire();
    const second = generations.acquire();
    generations.swap(generation('two', closed));
    expect(generations.current?.id).toBe('two');
    expect(first?.generation.id).toBe('one');
    first?.release();
    expect(closed).toEqual([]);
    second?.release();
    expect(closed).toEqual(['one']);
  });

  it('close an unused one at once', () => {
    const closed: string[] = [];
    const generations = new Generations<Generation>();
    generations.swap(generation('one', closed));
    generations.swap(generation('two', closed));
    expect(closed).toEqual(['one']);
  });

  it('wait at the end for what is still leased', async () => {
    const closed: string[] = [];
    const generations = new Generations<Generation>();
    generations.swap(generation('one', closed));
    const lease = generations.acquire();
    const ended = generations.close();
    expect(generations.acquire()).toBeUndefined();
    expect(closed).toEqual([]);
    lease?.release();
    await ended;
    expect(closed).toEqual(['one']);
  });

  it('make a staged one current at the first use after it is due', async () => {
    const closed: string[] = [];
    const generations = new Generations<Generation>();
    let isDue = false;
    generations.swap(generation('one', closed));
    generations.stage(generation('two', closed), () => isDue);
    const before = generations.acquire();
    expect(before?.generation.id).toBe('one');
    isDue = true;
    const after = generations.acquire();
    expect(after?.generation.id).toBe('two');
    expect(generations.current?.id).toBe('two');
    before?.release();
    expect(closed).toEqual(['one']);
    // It has become current and cannot be discarded any more.
    await generations.unstage();
    expect(closed).toEqual(['one']);
    after?.release();
  });

  it('close a staged one that is given up, or never due', async () => {
    const closed: string[] = [];
    const generations = new Generations<Generation>();
    generations.swap(generation('one', closed));
    generations.stage(generation('two', closed), () => false);
    await generations.unstage();
    expect(closed).toEqual(['two']);
    generations.stage(generation('three', closed), () => false);
    await generations.close();
    expect(closed.sort()).toEqual(['one', 'three', 'two']);
  });

  it('refuse a lease released twice', () => {
    const generations = new Generations<Generation>();
    generations.swap(generation('one', []));
    const lease = generations.acquire();
    lease?.release();
    expect(() => lease?.release()).toThrow('released once');
  });
});
