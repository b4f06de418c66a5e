import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReportedUsage } from '../../../../src/ai/model-call/reported-usage.ts';
import { createPriceBook, type PricedModel, priceProviderOf } from '../../../../src/ai/prices/price-book.ts';
import { readUsage } from '../../../../src/ai/wires/shared/read-usage.ts';
import { formatUsd, parseUsd } from '../../../../src/lib/index.ts';
import { hasUsageBodies, type Reading, readUsageBodies } from '../models/usage-bodies.ts';

/** The price date of the recorded bodies: by day, since some prices differ by the hour. */
const at = new Date('2026-06-01T12:00:00Z');
const book = createPriceBook({ overrides: {} });

function model(priceProvider: string, name: string): PricedModel {
  return { reference: `${priceProvider}/${name}`, priceProvider, model: name };
}

function usage(inputTokens: number, outputTokens: number, parts: Partial<ReportedUsage> = {}): ReportedUsage {
  return { inputTokens, outputTokens, ...parts, source: 'reported' };
}

function dollars(of: PricedModel, used: ReportedUsage, moment = at): string | undefined {
  const charge = book.priceOf({ ...of, at: moment, usage: used });
  return charge === undefined ? undefined : formatUsd(charge.nanoUsd);
}

describe('the price book', () => {
  it.each([
    ['plain tokens', 'openai', 'gpt-4.1', usage(1_000, 100), '0.0028'],
    [
      'cached tokens at their own price only',
      'openai',
      'gpt-4.1',
      usage(1_000, 0, { cachedInputTokens: 600 }),
      '0.0011',
    ],
    ['a model’s dated name', 'openai', 'gpt-4.1-mini-2025-04-14', usage(1_000_000, 0), '0.4'],
    [
      'cache writes of five minutes and of an hour',
      'anthropic',
      'claude-sonnet-4-6',
      usage(1_000_000, 0, { cacheWriteTokens: 1_000_000, cacheWriteHourTokens: 500_000 }),
      '4.875',
    ],
    ['reasoning as output where it has no price', 'openai', 'o3', usage(0, 1_000, { reasoningTokens: 900 }), '0.008'],
    ['sound', 'google', 'gemini-2.5-flash', usage(1_000, 0, { inputAudioTokens: 1_000 }), '0.001'],
    [
      'images that a model made',
      'google',
      'gemini-2.5-flash-image',
      usage(0, 1_300, { outputImageTokens: 1_290 }),
      '0.038725',
    ],
    ['searches', 'anthropic', 'claude-sonnet-4-6', usage(0, 0, { webSearches: 3 }), '0.03'],
    ['a fee for each call', 'perplexity', 'sonar-pro', usage(1, 0), '0.014003'],
    [
      'prices below a nano-dollar a token, rounded once',
      'deepseek',
      'deepseek-v4-flash',
      usage(1_003, 0, { cachedInputTokens: 1_003 }),
      '0.000002809',
    ],
  ] as const)('charges %s', (_what, provider, name, used, expected) => {
    expect(dollars(model(provider, name), used)).toBe(expected);
  });

  it('prices the whole call by the tier its whole input reaches', () => {
    const sonnet = model('anthropic', 'claude-sonnet-4-5');
    expect(dollars(sonnet, usage(200_000, 1_000))).toBe('0.615');
    expect(dollars(sonnet, usage(200_001, 1_000))).toBe('1.222506');
    expect(dollars(sonnet, usage(200_001, 0, { cachedInputTokens: 200_001 }))).toBe('0.1200006');
  });

  it('applies the price of the call’s day and hour', () => {
    expect(dollars(model('openai', 'o3'), usage(1_000_000, 0), new Date('2025-06-09T00:00:00Z'))).toBe('10');
    expect(dollars(model('openai', 'o3'), usage(1_000_000, 0), new Date('2025-06-11T00:00:00Z'))).toBe('2');
    const deepseek = model('deepseek', 'deepseek-chat');
    expect(dollars(deepseek, usage(1_000_000, 0), new Date('2026-06-01T12:00:00Z'))).toBe('0.27');
    expect(dollars(deepseek, usage(1_000_000, 0), new Date('2026-06-01T20:00:00Z'))).toBe('0.135');
  });

  it('reports the source, version and day of a price', () => {
    const used = usage(1, 1);
    const charge = book.priceOf({ ...model('openai', 'gpt-4.1'), at, usage: used });
    expect(charge).toMatchObject({ source: 'genai-prices', date: '2026-06-01' });
    expect(charge?.version).toMatch(/^\d+\.\d+\.\d+$/);
    const pinned = createPriceBook({ overrides: {}, date: new Date('2025-06-09T23:59:59Z') });
    expect(pinned.priceOf({ ...model('openai', 'o3'), at, usage: usage(1_000_000, 0) })).toMatchObject({
      nanoUsd: 10_000_000_000n,
      date: '2025-06-09',
    });
  });

  it('has no price for an unknown model', () => {
    for (const unknown of [
      model('openai', 'our-finetune'),
      model('nobody', 'gpt-4.1'),
      model('my-openai-proxy', 'gpt-4.1'),
      model('openai', ''),
      model('__proto__', 'constructor'),
      // Named by the list without a price of tokens.
      model('openai', 'whisper-1'),
      model('cerebras', 'qwen-3-coder-480b'),
      model('github-copilot', 'gpt-4o'),
    ]) {
      expect(book.knows(unknown)).toBe(false);
      expect(book.priceOf({ ...unknown, at, usage: usage(1, 1) })).toBeUndefined();
      expect(book.upperBound({ ...unknown, at, inputTokens: 1, maxOutputTokens: 1 })).toBeUndefined();
    }
    expect(book.knows(model('openai', 'gpt-4.1'))).toBe(true);
    expect(book.knows(model('openrouter', 'deepseek/deepseek-r1:free'))).toBe(true);
  });

  it('charges nothing for the built-in models', () => {
    const local = model('local', 'extractive');
    expect(book.priceOf({ ...local, at, usage: usage(1_000, 1_000) })).toMatchObject({ nanoUsd: 0n, source: 'free' });
  });
});

describe('prices of the configuration', () => {
  const configured = createPriceBook({
    overrides: {
      'own/finetune': {
        kind: 'tokens',
        inputPerMtok: '1.00',
        cachedInputPerMtok: '0.25',
        cacheWritePerMtok: undefined,
        outputPerMtok: '4.00',
        tiers: [
          {
            aboveInputTokens: 100_000,
            inputPerMtok: '2',
            cachedInputPerMtok: undefined,
            cacheWritePerMtok: '3',
            outputPerMtok: '8',
          },
        ],
      },
      'openai/gpt-4.1': { kind: 'free' },
    },
  });
  const finetune: PricedModel = { reference: 'own/finetune', priceProvider: 'openai', model: 'finetune' };
  const cost = (used: ReportedUsage) => {
    const charge = configured.priceOf({ ...finetune, at, usage: used });
    return charge && formatUsd(charge.nanoUsd);
  };

  it('apply by reference', () => {
    expect(configured.knows(finetune)).toBe(true);
    expect(configured.knows({ ...finetune, reference: 'other/finetune' })).toBe(false);
    expect(cost(usage(1_000, 100))).toBe('0.0014');
    expect(cost(usage(1_000, 0, { cachedInputTokens: 1_000 }))).toBe('0.00025');
  });

  it('charge unnamed kinds of tokens as input', () => {
    expect(cost(usage(1_000, 0, { cacheWriteTokens: 1_000, cacheWriteHourTokens: 500 }))).toBe('0.001');
    expect(cost(usage(1_000, 0, { inputAudioTokens: 1_000 }))).toBe('0.001');
    expect(cost(usage(100_001, 0, { cachedInputTokens: 100_001 }))).toBe('0.200002');
  });

  it('change with the size of the input', () => {
    expect(cost(usage(100_000, 1))).toBe('0.100004');
    expect(cost(usage(100_001, 1))).toBe('0.20001');
    expect(cost(usage(100_001, 0, { cacheWriteTokens: 100_001 }))).toBe('0.300003');
  });

  it('override the list, with a version of their own', () => {
    const free = configured.priceOf({ ...model('openai', 'gpt-4.1'), at, usage: usage(1_000, 1_000) });
    expect(free).toMatchObject({ nanoUsd: 0n, source: 'free' });
    const paid = configured.priceOf({ ...finetune, at, usage: usage(1, 1) });
    expect(paid).toMatchObject({ source: 'config', date: '2026-06-01' });
    expect(paid?.version).toMatch(/^[0-9a-f]{12}$/);
    expect(paid?.version).not.toBe(free?.version);
  });
});

const pricedModels: readonly PricedModel[] = [
  model('openai', 'gpt-4.1'),
  model('openai', 'gpt-5.4'),
  model('openai', 'gpt-5.6-sol'),
  model('openai', 'gpt-4o-audio-preview'),
  model('anthropic', 'claude-sonnet-4-5'),
  model('google', 'gemini-2.5-flash'),
  model('google', 'gemini-2.5-pro'),
  model('google', 'gemini-2.5-flash-image'),
  model('deepseek', 'deepseek-v4-flash'),
  model('perplexity', 'sonar-pro'),
  model('perplexity', 'sonar-deep-research'),
];

const tokens = fc.integer({ min: 0, max: 600_000 });
const anyUsage = fc
  .record({
    plain: tokens,
    cached: tokens,
    written: tokens,
    output: tokens,
    reasoning: tokens,
    image: fc.integer({ min: 0, max: 2_000 }),
  })
  .map(({ plain, cached, written, output, reasoning, image }) =>
    usage(plain + cached + written, output + reasoning + image, {
      cachedInputTokens: cached,
      cacheWriteTokens: written,
      reasoningTokens: reasoning,
      outputImageTokens: image,
    }),
  );

describe('a price', () => {
  const of = fc.constantFrom(...pricedModels);
  const nano = (which: PricedModel, used: ReportedUsage) => book.priceOf({ ...which, at, usage: used })?.nanoUsd ?? -1n;

  it('never falls when a call reads or writes more', () => {
    fc.assert(
      fc.property(of, anyUsage, tokens, tokens, (which, used, input, output) => {
        const more = { ...used, inputTokens: used.inputTokens + input, outputTokens: used.outputTokens + output };
        const [less, least] = [nano(which, used), nano(which, usage(0, 0))];
        return least >= 0n && less >= least && nano(which, more) >= less;
      }),
    );
  });

  it('is never above its upper bound, whatever the tokens', () => {
    const moment = fc.date({
      min: new Date('2026-06-01T00:00:00Z'),
      max: new Date('2026-06-01T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(of, anyUsage, moment, moment, (which, used, reserved, ended) => {
        const bound = { inputTokens: used.inputTokens, maxOutputTokens: used.outputTokens };
        const most = book.upperBound({ ...which, ...bound, at: reserved })?.nanoUsd ?? -1n;
        return (book.priceOf({ ...which, at: ended, usage: used })?.nanoUsd ?? 0n) <= most;
      }),
    );
  });

  it('bounds audio too, if the request has some', () => {
    const which = model('google', 'gemini-2.5-flash');
    const most = (sound: boolean) =>
      book.upperBound({ ...which, at, inputTokens: 1_000, maxOutputTokens: 0, sound })?.nanoUsd ?? 0n;
    expect(most(true)).toBe(nano(which, usage(1_000, 0, { inputAudioTokens: 1_000 })));
    expect(most(false)).toBe(nano(which, usage(1_000, 0)));
    expect(most(false)).toBeLessThan(most(true));
  });

  it('does not depend on what was priced before', () => {
    const fresh = createPriceBook({ overrides: {} });
    const used = usage(1_000, 10);
    const before = fresh.priceOf({ ...model('openai', 'gpt-4.1'), at, usage: used });
    for (let index = 0; index < 2_100; index += 1) fresh.knows(model('nobody', `model-${index}`));
    expect(fresh.priceOf({ ...model('openai', 'gpt-4.1'), at, usage: used })).toEqual(before);
  });
});

describe('the price list of a provider', () => {
  it.each([
    [{ kind: 'local', name: 'local' }, 'local'],
    [{ kind: 'openai', name: 'openai', baseUrl: 'https://api.openai.com/v1' }, 'openai'],
    [{ kind: 'openai', name: 'mine', baseUrl: 'https://shop.openai.azure.com/openai/v1' }, 'azure'],
    [{ kind: 'openai', name: 'fast', baseUrl: 'https://api.groq.com/openai/v1' }, 'groq'],
    [{ kind: 'openai', name: 'fast', baseUrl: 'https://api.x.ai/v1' }, 'x-ai'],
    [{ kind: 'openai', name: 'mistral', baseUrl: 'http://127.0.0.1:8000/v1' }, 'mistral'],
    [{ kind: 'openai', name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' }, 'openai'],
    [{ kind: 'openai', name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1', priceAs: 'together' }, 'together'],
    [{ kind: 'openai', name: 'openai', baseUrl: 'https://api.openai.com/v1', priceAs: 'azure' }, 'azure'],
    [{ kind: 'ai-sdk', name: 'claude', package: '@ai-sdk/anthropic' }, 'anthropic'],
    [{ kind: 'ai-sdk', name: 'gemini', package: '@ai-sdk/google' }, 'google'],
    [{ kind: 'ai-sdk', name: 'bedrock', package: '@ai-sdk/amazon-bedrock' }, 'aws'],
    [{ kind: 'ai-sdk', name: 'mine', package: '@ai-sdk/cohere' }, 'cohere'],
    [{ kind: 'ai-sdk', name: 'mine', package: '@ai-sdk/mistral' }, 'mistral'],
    [
      { kind: 'ai-sdk', name: 'mine', package: '@ai-sdk/anthropic', baseUrl: 'https://openrouter.ai/api' },
      'openrouter',
    ],
    [{ kind: 'ai-sdk', name: 'mine', package: 'somebody-elses-provider' }, 'mine'],
  ] as const)('%j: %s', (source, expected) => {
    expect(priceProviderOf(source)).toBe(expected);
  });
});

/** Where the recorded price is not ours, and why. */
function reasonToDiffer({ provider, dialect, model: name, expected, totalPrice }: Reading): string | undefined {
  if (totalPrice !== undefined) return 'the searches of the call are charged too: its total is recorded beside';
  if (provider === 'cerebras' && name === 'qwen-3-coder-480b')
    return 'the list names it without a price: not free, but unknown';
  if (provider === 'azure' && name.startsWith('gpt-5.6') && expected.cache_write_tokens === undefined)
    return 'recorded without the cache writes that the body has';
  if (provider !== 'anthropic' && dialect === 'anthropic' && expected.web_searches === undefined)
    return 'recorded without the searches that the body has, or before the list had Google’s tier for long inputs';
  return undefined;
}

describe.skipIf(!hasUsageBodies)('prices of the recorded bodies (skipped where ../shared/fixtures is not)', () => {
  const readings = hasUsageBodies
    ? readUsageBodies()
        .flat()
        .filter(({ inputPrice }) => inputPrice !== undefined)
    : [];

  it('follow from every body that names a model and has a price', () => {
    expect(readings.length).toBe(1_731);
    const wrong: unknown[] = [];
    const excused = new Map<string, number>();
    for (const reading of readings) {
      const charged = priceOfReading(reading);
      if (charged === parseUsd(sumOf(reading))) continue;
      const reason = reasonToDiffer(reading);
      if (reason === undefined) wrong.push({ reading, charged });
      else excused.set(reason, (excused.get(reason) ?? 0) + 1);
    }
    expect(wrong).toEqual([]);
    expect([...excused.values()].sort()).toEqual([1, 2, 3, 3]);
  });

  it('are the recorded totals for calls with searches', () => {
    const searched = readings.filter(({ totalPrice }) => totalPrice !== undefined);
    expect(searched).toHaveLength(2);
    for (const reading of searched) expect(priceOfReading(reading)).toBe(parseUsd(reading.totalPrice ?? ''));
  });
});

function priceOfReading({ provider, dialect, model: name, usage: recorded }: Reading): bigint | undefined {
  const used = readUsage(dialect, recorded);
  return used && book.priceOf({ ...model(provider, name), at, usage: used })?.nanoUsd;
}

/** Input and output price as a decimal, exactly. */
function sumOf({ inputPrice = '0', outputPrice = '0' }: Reading): string {
  const scale = 30;
  const scaled = (text: string) => {
    const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
    const [whole = '', fraction = ''] = mantissa.split('.');
    return BigInt(`${whole}${fraction}`) * 10n ** BigInt(scale - fraction.length + Number(exponent));
  };
  const digits = (scaled(inputPrice) + scaled(outputPrice)).toString().padStart(scale + 1, '0');
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
