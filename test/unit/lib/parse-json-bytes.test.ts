import { describe, expect, it } from 'vitest';
import { ExactNumber, parseExactBytes } from '../../../src/lib/index.ts';

const many = 4_000;
const listOf = (item: (index: number) => unknown): unknown[] => Array.from({ length: many }, (_, index) => item(index));
const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const typed = (index: number) => ({ __typename: 'Item', id: `i${index}`, text: `Zürich “${index}”, 東京 🎈` });

describe('a long list as bytes', () => {
  it.each([
    ['of objects', { data: { items: listOf(typed) } }],
    ['of entities', { data: { _entities: listOf((index) => (index % 7 === 3 ? null : typed(index))) } }],
    ['that begins with null', { data: { _entities: [null, ...listOf(typed)] } }],
    [
      'whose texts look like boundaries',
      { data: { items: listOf((index) => ({ a: '},{', b: '},{"a":', c: `"},{"a":${index}`, d: '\\' })) } },
    ],
    [
      'of objects with lists that begin like them',
      { data: { items: listOf((id) => ({ id, items: [{ id: 1 }, { id: 2 }, { id: 3 }] })) } },
    ],
    [
      'of typed objects with lists of others',
      {
        data: {
          items: listOf((index) => ({
            ...typed(index),
            tags: [
              { __typename: 'Tag', id: 1 },
              { __typename: 'Tag', id: 2 },
            ],
          })),
        },
      },
    ],
    ['beside another field', { data: { items: listOf(typed), more: listOf(typed) } }],
    ['beside errors', { data: { items: listOf(typed) }, errors: [{ message: 'no' }] }],
    ['of lists', { data: { items: listOf((index) => [{ a: index }, { a: 1 }]) } }],
    ['under __proto__', JSON.parse(`{"data":{"__proto__":${JSON.stringify(listOf(typed))}}}`)],
  ])('%s is the value that it is', (_name, value) => {
    const bytes = bytesOf(value);
    const copy = Buffer.from(bytes);
    expect(parseExactBytes(bytes)).toEqual(JSON.parse(bytes.toString()));
    expect(bytes.equals(copy)).toBe(true);
  });

  it('with white space is the value that it is', () => {
    const value = { data: { items: listOf(typed) } };
    expect(parseExactBytes(Buffer.from(JSON.stringify(value, null, 1)))).toEqual(value);
  });

  it('keeps the digits of each number', () => {
    const text = `{"data":{"items":[${listOf((index) => `{"n":${index},"x":12345678901234567890${index}}`).join(',')}]}}`;
    const { data } = parseExactBytes(Buffer.from(text)) as { data: { items: { x: ExactNumber }[] } };
    expect(data.items).toHaveLength(many);
    expect(data.items[many - 1]?.x).toBeInstanceOf(ExactNumber);
    expect(String(data.items[many - 1]?.x)).toBe(`12345678901234567890${many - 1}`);
  });

  it.each([
    ['cut', (text: string) => text.slice(0, -1)],
    ['with a comma too many', (text: string) => text.replace('},{', '},,{')],
    ['with something after it', (text: string) => `${text}}`],
    ['with a brace too many', (text: string) => text.replace('"}', '"}}')],
  ])('%s is refused', (_name, spoil) => {
    const text = JSON.stringify({ data: { items: listOf(typed) } });
    expect(() => parseExactBytes(Buffer.from(spoil(text)))).toThrow(SyntaxError);
  });

  it('has replacement characters for bytes that are not UTF-8', () => {
    const bytes = bytesOf({ data: { items: listOf(typed) } });
    bytes[bytes.indexOf('Z')] = 0xff;
    expect(parseExactBytes(bytes)).toEqual(JSON.parse(bytes.toString()));
  });
});
