import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../../src/lib/index.ts';

describe('a pool of buffers', () => {
  it('lends a buffer again once it is released, by any part of it', () => {
    const pool = new BufferPool();
    const buffer = pool.acquire(100_000);
    expect(buffer.length).toBeGreaterThanOrEqual(100_000);
    pool.release(buffer.subarray(5, 10));
    expect(pool.acquire(90_000)).toBe(buffer);
  });

  it('lends no buffer to two holders', () => {
    const pool = new BufferPool();
    const buffer = pool.acquire(100_000);
    pool.release(buffer);
    pool.release(buffer);
    const [first, second] = [pool.acquire(100_000), pool.acquire(100_000)];
    expect(first).not.toBe(second);
  });

  it('leaves buffers of others alone', () => {
    const pool = new BufferPool();
    pool.release(Buffer.alloc(100_000));
    expect(pool.readyBytes).toBe(0);
  });

  it('grows a buffer with what it holds', () => {
    const pool = new BufferPool();
    const buffer = pool.acquire(9_000);
    buffer.write('text');
    const longer = pool.grow(buffer, 4, 100_000);
    expect(longer.length).toBeGreaterThanOrEqual(100_000);
    expect(longer.toString('utf8', 0, 4)).toBe('text');
    expect(pool.readyBytes).toBe(buffer.length);
  });

  it('has a likely length only where it lies ready: nothing is reserved for it', () => {
    const pool = new BufferPool();
    expect(pool.acquire(10_000, 10_000_000).length).toBeLessThan(20_000);
    const large = pool.acquire(10_000_000);
    pool.release(large);
    expect(pool.acquire(10_000, 10_000_000)).toBe(large);
  });

  it('holds a bounded number of bytes', () => {
    const pool = new BufferPool();
    const buffers = Array.from({ length: 12 }, () => pool.acquire(8_000_000));
    for (const buffer of buffers) pool.release(buffer);
    expect(pool.readyBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
  });
});
