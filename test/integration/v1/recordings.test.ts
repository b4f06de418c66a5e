/**
 * What providers once sent, played behind a whole gateway and read by the vendors' own clients: every client reads the
 * same text, calls and usage, whichever wire it speaks, whole and streamed.
 */
import { existsSync, globSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startV1Gateway, type TargetWire, type V1Gateway } from './v1-gateway.ts';
import { type ReadAnswer, readWith, routes } from './v1-readers.ts';

const folder = '../shared/fixtures/provider-recordings';
const isThere = existsSync(folder);
if (!isThere) console.warn(`no recordings at ${folder}: their tests are skipped`);

const byFolder: readonly (readonly [prefix: string, wire: TargetWire])[] = [
  ['openai/responses/', 'responses'],
  ['azure/', 'responses'],
  ['openai/chat/', 'chat'],
  ['openai-compatible/', 'chat'],
  ['deepseek/', 'chat'],
  ['mistral/', 'chat'],
  ['anthropic/', 'anthropic'],
  ['google/', 'gemini'],
];
const noAnswer = /error|embedding|transcription|retry-info/;

interface Played {
  readonly file: string;
  readonly wire: TargetWire;
  readonly stream: boolean;
}

const played: readonly Played[] = !isThere
  ? []
  : byFolder.flatMap(([prefix, wire]) =>
      globSync('**/*.{chunks.txt,sse,json}', { cwd: `${folder}/${prefix}` })
        .filter((file) => !noAnswer.test(file))
        .sort()
        .map((file) => ({ file: prefix + file, wire, stream: !file.endsWith('.json') })),
    );

/** What differs between the wires. */
const finishes: Readonly<Record<string, string>> = {
  stop: 'whole',
  completed: 'whole',
  end_turn: 'whole',
  tool_calls: 'whole',
  tool_use: 'whole',
  length: 'cut',
  incomplete: 'cut',
  max_tokens: 'cut',
  content_filter: 'cut',
  refusal: 'cut',
};

/** Some texts come in several parts; how a wire joins them is its own. */
const comparable = ({ text, calls, usage, finish }: ReadAnswer) => ({
  text: text.replace(/\s+/g, ''),
  calls,
  usage,
  finish: finishes[finish ?? ''],
});

describe.skipIf(!isThere)('a recording', () => {
  let gateway: V1Gateway;
  beforeAll(async () => {
    gateway = await startV1Gateway();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('is there for every wire', () => {
    expect(played.length).toBeGreaterThan(60);
    expect(new Set(played.map(({ wire }) => wire)).size).toBe(4);
  });

  it.each(played)('$file says the same to every client', async ({ file, wire, stream }) => {
    gateway.provider.reset();
    await gateway.provider.play(`${folder}/${file}`);
    const [first, ...others] = await Promise.all(routes.map((route) => readWith(gateway, route, wire, stream)));
    if (first === undefined) throw new Error('nobody read it');
    for (const other of others) expect(comparable(other)).toEqual(comparable(first));
    expect(first.usage?.[0]).toBeGreaterThan(0);
    expect(comparable(first).finish).toBeDefined();
  });
});
