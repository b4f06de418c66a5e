import { expect, it } from 'vitest';
import { cloneJson, ExactNumber, parseExactJson, RestoredText } from '../../../src/lib/index.ts';

it('copies JSON with every key and number, and shares nothing that can be written to', () => {
  const text = '{"__proto__":{"a":[1,{"b":null}]},"n":12345678901234567890,"list":[[],{"c":"d"}],"e":{}}';
  const value = parseExactJson(text) as Record<string, unknown>;
  const copy = cloneJson(value);
  expect(JSON.stringify(copy)).toBe(text);
  (copy.list as { c?: string }[])[1] = { c: 'other' };
  (copy.e as Record<string, unknown>).added = true;
  const inner = Object.getOwnPropertyDescriptor(copy, '__proto__')?.value as { a: unknown[] };
  inner.a.push(2);
  expect(JSON.stringify(value)).toBe(text);
  for (const plain of [null, 1, 'x', true, []]) expect(cloneJson(plain)).toEqual(plain);
});

it('leaves leaves of a class as they are: a number with all its digits, a text that is put back', () => {
  const leaves = { number: new ExactNumber('1e400'), texts: [new RestoredText('[EMAIL_1]', 'a@x.example')] };
  const copy = cloneJson(leaves);
  expect(copy.number).toBe(leaves.number);
  expect(copy.texts[0]).toBe(leaves.texts[0]);
  expect(JSON.stringify(copy)).toBe('{"number":1e400,"texts":["[EMAIL_1]"]}');
});
