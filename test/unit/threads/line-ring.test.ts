import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { LineReader, LineWriter } from '../../../src/threads/index.ts';
import { Random } from '../../testkit/random/random.ts';
import { randomRuns } from '../../testkit/random/random-runs.ts';

const linesOf = (text: string): readonly string[] => text.split('\n').slice(0, -1);

describe('a ring of lines', () => {
  it('gives every line once, whole and in order, wherever it wraps', () => {
    const random = new Random(7);
    const reader = new LineReader(1_024);
    const writer = new LineWriter(reader.ring, () => undefined);
    const written: string[] = [];
    const read: string[] = [];
    for (let round = 0; round < randomRuns(5_000); round++) {
      const text = random.pick(['a', 'ä', '…', '😀', 'plain text']).repeat(random.below(21));
      const line = `${round} ${text}`;
      written.push(line);
      writer.write(`${line}\n`);
      if (random.below(3) === 0) read.push(...linesOf(reader.take()));
    }
    read.push(...linesOf(reader.take()));
    expect(read.length + reader.takeLost()).toBe(written.length);
    expect(read.every((line) => written.includes(line))).toBe(true);
    const numbers = read.map((line) => Number.parseInt(line, 10));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  it('counts a line without room as lost, and takes the next that fits', () => {
    const reader = new LineReader(64);
    const writer = new LineWriter(reader.ring, () => undefined);
    writer.write(`${'x'.repeat(63)}\n`);
    writer.write('lost\n');
    expect(reader.take()).toBe(`${'x'.repeat(63)}\n`);
    expect(reader.takeLost()).toBe(1);
    expect(reader.takeLost()).toBe(0);
    writer.write('next\n');
    expect(reader.take()).toBe('next\n');
  });

  it('wakes its reader for the first line since it has read all, and for no other', () => {
    let woken = 0;
    const reader = new LineReader(1_024);
    const writer = new LineWriter(reader.ring, () => woken++);
    writer.write('one\n');
    writer.write('two\n');
    expect(woken).toBe(1);
    reader.take();
    writer.write('three\n');
    expect(woken).toBe(1); // the reader has not seen it empty
    reader.take();
    reader.take();
    writer.write('four\n');
    expect(woken).toBe(2);
  });

  it('has the last line of a thread that ended right after it', async () => {
    const reader = new LineReader();
    const module = new URL('../../../src/threads/index.ts', import.meta.url);
    const source = `import { workerData } from 'node:worker_threads';
      const { LineWriter } = await import(${JSON.stringify(module.href)});
      const writer = new LineWriter(workerData, () => undefined);
      for (let line = 0; line < 1_000; line++) writer.write(line + '\\n');
      process.exit(3);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: reader.ring,
    });
    expect(await once(worker, 'exit')).toEqual([3]);
    expect(linesOf(reader.take()).at(-1)).toBe('999');
  });
});
