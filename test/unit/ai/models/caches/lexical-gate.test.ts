import { describe, expect, it } from 'vitest';
import { lexicalSignature } from '../../../../../src/ai/models/caches/lexical-gate.ts';
import { different, same } from '../question-pairs.ts';

describe('the lexical gate', () => {
  it.each(different)('separates: %s | %s', (one, other) => {
    expect(lexicalSignature(one)).not.toBe(lexicalSignature(other));
  });

  it.each(same)('accepts: %s | %s', (one, other) => {
    expect(lexicalSignature(one)).toBe(lexicalSignature(other));
  });

  it('accepts wording that the vectors may still separate', () => {
    for (const [one, other] of [
      ['What is your refund policy?', 'Tell me about your refund policy'],
      ["What is France's capital city?", 'What is the capital of France?'],
      ['Am I allowed to bring a pet?', 'Can I bring a pet?'],
      ['I would like to know if I can return it', 'Can I return it?'],
      ['Cancel my order, please.', 'Please cancel my order'],
    ] as const)
      expect(lexicalSignature(one)).toBe(lexicalSignature(other));
  });

  it('preserves quotations and code exactly', () => {
    const texts = ['say "a b"', 'say "a  b"', 'say "A b"', 'say a b', 'say `a b`', 'say "a" b', "say 'a b'"];
    expect(new Set(texts.map(lexicalSignature)).size).toBe(texts.length - 1); // “…” and `…` are both quotations
  });

  it('preserves unknown words: other languages, signs, numbers in words', () => {
    const texts = [
      'Ist es teuer?',
      'Ist es billig?',
      '便宜吗？',
      '贵吗？',
      '5 €',
      '5 $',
      'x²',
      'x2',
      '👍',
      '👎',
      'one',
      'two',
    ];
    expect(new Set(texts.map(lexicalSignature)).size).toBe(texts.length);
  });

  it('is the same each time, also for long texts', () => {
    const long = [
      'a) '.repeat(600),
      `${'('.repeat(2_000)}`,
      'please '.repeat(280),
      `"${'x" '.repeat(600)}`,
      `${'?'.repeat(2_000)}`,
    ];
    for (const text of long) {
      expect(lexicalSignature(text)).toBe(lexicalSignature(text));
    }
  });
});
