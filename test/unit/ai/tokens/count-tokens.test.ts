import { readFileSync } from 'node:fs';
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { type FilePart, type ImagePart, type ModelRequest, userText } from '../../../../src/ai/model-call/index.ts';
import { countTokens, estimateTokens } from '../../../../src/ai/tokens/count-tokens.ts';
import { estimateInputTokens, estimateUsage } from '../../../../src/ai/tokens/estimate-usage.ts';
import { Deadline } from '../../../../src/lib/index.ts';

function bounds(milliseconds = 20_000) {
  return { signal: new AbortController().signal, deadline: Deadline.in(milliseconds) };
}

function exactly(text: string): number {
  return countO200k(text, { disallowedSpecial: new Set() });
}

const samples: Readonly<Record<string, string>> = {
  prose:
    'The kettle boils a litre of water in about three minutes and keeps it warm for an hour. Customers like its quiet switch, although several of them report that the lid is difficult to close with wet hands.',
  code: readFileSync('src/ai/tokens/estimate-tokens.ts', 'utf8'),
  json: readFileSync('package.json', 'utf8'),
  minified: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8'))),
  numbers: '12 345.67, 89, 0.001, 1234567890, 42% '.repeat(20),
  uuids: '3f2504e0-4f89-11d3-9a0c-0305e82c3301 '.repeat(20),
  markdown: '# Title\n\n- item **one**\n- item `two`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
  capitals: 'THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG',
  base64: Buffer.from(Array.from({ length: 3_000 }, (_, index) => (index * 7_919 + index * index * 31) % 256)).toString(
    'base64',
  ),
  german:
    'Der Wasserkocher bringt einen Liter Wasser in etwa drei Minuten zum Kochen und hält ihn eine Stunde lang warm.',
  russian: 'Чайник закипает примерно за три минуты и сохраняет воду горячей в течение часа.',
  greek: 'Ο βραστήρας βράζει ένα λίτρο νερό σε περίπου τρία λεπτά και το κρατά ζεστό για μία ώρα.',
  arabic: 'تغلي الغلاية لترًا من الماء في حوالي ثلاث دقائق وتبقيه دافئًا لمدة ساعة.',
  hebrew: 'הקומקום מרתיח ליטר מים בתוך כשלוש דקות ושומר עליהם חמים במשך שעה.',
  hindi: 'केतली लगभग तीन मिनट में एक लीटर पानी उबालती है और उसे एक घंटे तक गर्म रखती है।',
  thai: 'กาต้มน้ำต้มน้ำหนึ่งลิตรได้ในเวลาประมาณสามนาทีและเก็บความร้อนได้หนึ่งชั่วโมง',
  chinese: '这款电水壶大约三分钟就能烧开一升水,并能保温一小时。顾客喜欢它安静的开关。',
  japanese: 'この電気ケトルは約三分で一リットルの水を沸かし、一時間保温できます。',
  korean: '이 전기 주전자는 약 3분 만에 물 1리터를 끓이고 한 시간 동안 보온합니다.',
  emoji: '😀🎉👩‍👩‍👧 great 👍👍 ⭐⭐⭐⭐⭐',
};

describe('countTokens', () => {
  it.each(Object.keys(samples))('counts as the model does: %s', async (name) => {
    const text = samples[name] ?? '';
    const counted = await countTokens(text, 'gpt-4.1', bounds());
    const exact = exactly(text);
    // Words longer than 200 characters are cut, which adds a token or two for each piece.
    expect(counted).toBeGreaterThanOrEqual(exact);
    expect(counted - exact).toBeLessThanOrEqual(Math.max(1, exact * 0.02));
  });

  it('uses the older encoding for the models that need it', async () => {
    const text = 'Это чайник на один литр.';
    const newer = await countTokens(text, 'gpt-4o-mini', bounds());
    const older = await countTokens(text, 'gpt-4-turbo', bounds());
    expect(newer).toBe(exactly(text));
    expect(older).toBeGreaterThan(newer);
    expect(await countTokens(text, 'text-embedding-3-small', bounds())).toBe(older);
    expect(await countTokens(text, 'ft:gpt-3.5-turbo:shop', bounds())).toBe(older);
    expect(await countTokens(text, 'claude-sonnet-4-6', bounds())).toBe(newer);
  });

  it('reads what looks like a special token as text', async () => {
    expect(await countTokens('<|endoftext|>', 'gpt-4.1', bounds())).toBeGreaterThan(1);
    expect(await countTokens('', 'gpt-4.1', bounds())).toBe(0);
  });

  it('never blocks the calling thread, whatever the text', async () => {
    let turns = 0;
    let isCounted = false;
    const turn = (): void => {
      turns++;
      if (!isCounted) setImmediate(turn);
    };
    setImmediate(turn);
    // A tokenizer alone takes minutes for the first of these.
    const texts = ['a'.repeat(400_000), ' '.repeat(400_000), '日本語'.repeat(30_000), '👩‍👩‍👧'.repeat(10_000)];
    const counts = await Promise.all(texts.map((text) => countTokens(text, 'gpt-4.1', bounds())));
    isCounted = true;
    expect(counts.every((count) => count > 1_000)).toBe(true);
    expect(turns).toBeGreaterThan(20);
  });

  it('extrapolates texts beyond its limit', async () => {
    const text = 'The lid is difficult to close. '.repeat(40_000);
    const counted = await countTokens(text, 'gpt-4.1', bounds());
    expect(Math.abs(counted / (7 * 40_000) - 1)).toBeLessThan(0.02);
  });

  it('estimates when its time is up, and throws when it is aborted', async () => {
    const text = samples.prose ?? '';
    expect(await countTokens(text, 'gpt-4.1', bounds(0))).toBe(estimateTokens(text));
    const aborting = new AbortController();
    const counting = countTokens('a'.repeat(400_000), 'gpt-4.1', {
      signal: aborting.signal,
      deadline: Deadline.in(20_000),
    });
    aborting.abort(new Error('the caller left'));
    await expect(counting).rejects.toThrow('the caller left');
    await expect(
      countTokens(text, 'gpt-4.1', { signal: aborting.signal, deadline: Deadline.in(20_000) }),
    ).rejects.toThrow('the caller left');
  });

  it('estimates if there is too much at once', async () => {
    const text = samples.prose ?? '';
    const counts = await Promise.all(Array.from({ length: 150 }, () => countTokens(text, 'gpt-4.1', bounds())));
    expect(counts.filter((count) => count === exactly(text)).length).toBeGreaterThanOrEqual(100);
    expect(counts.filter((count) => count === estimateTokens(text)).length).toBeGreaterThanOrEqual(50);
  });
});

describe('estimateTokens', () => {
  it.each(Object.keys(samples))('is a little high rather than low: %s', (name) => {
    const text = samples[name] ?? '';
    const ratio = estimateTokens(text) / exactly(text);
    expect(ratio).toBeGreaterThan(0.78);
    expect(ratio).toBeLessThan(1.4);
  });

  it('is zero only for an empty text', () => {
    expect(estimateTokens('')).toBe(0);
    for (const text of ['a', ' ', '\n', '.', '1', 'é', '字', '😀', '\u0000'])
      expect(estimateTokens(text)).toBeGreaterThan(0);
  });
});

describe('estimateUsage', () => {
  const request: ModelRequest = {
    messages: [{ role: 'system', content: 'You write short answers.' }, userText('How long does the kettle take?')],
    output: { kind: 'text' },
  };
  const base = estimateInputTokens(request);

  function withPart(part: ImagePart | FilePart): number {
    return (
      estimateInputTokens({ ...request, messages: [{ role: 'user', content: [part] }, ...request.messages] }) - base - 4
    );
  }

  it('counts input and output, and is marked as an estimate', () => {
    const usage = estimateUsage(request, 'About three minutes.');
    expect(usage).toEqual({ inputTokens: base, outputTokens: 5, source: 'estimated' });
    expect(base).toBeGreaterThanOrEqual(4 + 5 + 4 + 7);
    expect(estimateUsage(request, '').outputTokens).toBe(0);
  });

  it('never exceeds what the model could have written', () => {
    expect(estimateUsage({ ...request, maxOutputTokens: 3 }, 'About three minutes, it says.').outputTokens).toBe(3);
  });

  it('counts schemas, tools, calls and results', () => {
    const schema = { type: 'object', properties: { verdict: { type: 'string', description: 'In one word' } } };
    const asJson = estimateInputTokens({ ...request, output: { kind: 'json', name: 'verdict', schema } });
    expect(asJson).toBe(base + estimateTokens(JSON.stringify(schema)));
    expect(estimateInputTokens({ ...request, tools: [{ name: 'look_up', parameters: schema }] })).toBeGreaterThan(
      asJson,
    );
    const conversation = estimateInputTokens({
      ...request,
      messages: [
        ...request.messages,
        { role: 'assistant', content: [{ type: 'tool_call', id: 'c1', name: 'look_up', arguments: '{"id":"p1"}' }] },
        {
          role: 'tool',
          content: [{ type: 'tool_result', callId: 'c1', content: [{ type: 'text', text: 'Out of stock' }] }],
        },
      ],
    });
    expect(conversation).toBeGreaterThan(base + 15);
  });

  const bytes = (length: number) => ({ kind: 'base64', data: 'A'.repeat(Math.ceil((length * 4) / 3)) }) as const;
  const url = { kind: 'url', url: 'https://shop.example/kettle' } as const;

  it.each<readonly [string, ImagePart | FilePart, number]>([
    ['an image', { type: 'image', source: url }, 1_600],
    ['an image in low detail', { type: 'image', source: url, detail: 'low' }, 85],
    ['a document of a page', { type: 'file', source: bytes(20_000), mediaType: 'application/pdf' }, 2_000],
    ['a document of some pages', { type: 'file', source: bytes(240_000), mediaType: 'application/pdf' }, 10_000],
    ['a document that is not here', { type: 'file', source: url, mediaType: 'application/pdf' }, 2_000],
    ['ten seconds of sound', { type: 'file', source: bytes(319_999), mediaType: 'audio/wav' }, 320],
    ['the same, packed', { type: 'file', source: bytes(79_999), mediaType: 'audio/mpeg' }, 320],
    ['four seconds of video', { type: 'file', source: bytes(499_999), mediaType: 'video/mp4' }, 1_200],
    ['a text', { type: 'file', source: bytes(3_000), mediaType: 'text/plain' }, 1_000],
  ])('counts %s by its rule', (_what, part, expected) => {
    expect(withPart(part)).toBe(expected);
  });
});
