import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitSchema } from '../../../src/testing/fit-schema.ts';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

/** Fits the schema, and is checked to. */
function fitted(schema: object): unknown {
  const value = fitSchema(schema);
  const isValid = ajv.validate(schema, value);
  if (!isValid) throw new Error(`${JSON.stringify(value)} does not fit: ${ajv.errorsText()}`);
  return value;
}

describe('the least value that fits a schema', () => {
  it.each([
    [{ type: 'string' }, 'text'],
    [{ type: 'string', minLength: 6 }, 'text..'],
    [{ type: 'string', maxLength: 2 }, 'te'],
    [{ type: 'string', format: 'date-time' }, '2026-01-01T00:00:00Z'],
    [{ type: ['null', 'integer'] }, 0],
    [{ type: 'integer', minimum: 3 }, 3],
    [{ type: 'integer', exclusiveMinimum: 3, multipleOf: 2 }, 4],
    [{ type: 'number', exclusiveMinimum: 0, maximum: 1 }, 0.5],
    [{ type: 'number', exclusiveMinimum: 0 }, 1],
    [{ type: 'integer', maximum: -5 }, -5],
    [{ type: 'number', minimum: -2, exclusiveMaximum: 0 }, -1],
    [{ type: 'boolean' }, true],
    [{ enum: ['A', 'B'] }, 'A'],
    [{ const: { fixed: 1 } }, { fixed: 1 }],
    [{ type: 'array', items: { type: 'string' } }, []],
    [{ type: 'array', items: { type: 'integer' }, minItems: 2 }, [0, 0]],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, 0],
    [{ type: 'object', properties: { a: { type: 'integer' }, b: {} }, required: ['a'] }, { a: 0 }],
    [
      { $ref: '#/$defs/a', $defs: { a: { type: 'object', properties: { b: { enum: [7] } }, required: ['b'] } } },
      { b: 7 },
    ],
    [
      {
        allOf: [
          { type: 'object', properties: { a: { const: 1 } }, required: ['a'] },
          { properties: { b: { const: 2 } }, required: ['b'] },
        ],
      },
      { a: 1, b: 2 },
    ],
  ])('of %j is %j', (schema, expected) => {
    expect(fitted(schema)).toEqual(expected);
  });

  it('ends for a recursive schema', () => {
    const node = {
      type: 'object',
      properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['next'],
    };
    expect(JSON.stringify(fitted(node))).toMatch(/null/);
    expect(() => fitSchema({ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } })).not.toThrow();
  });

  it('fits numbers of any bounds', () => {
    const bounds = fc.record(
      {
        minimum: fc.integer({ min: -50, max: 10 }),
        exclusiveMinimum: fc.integer({ min: -50, max: 10 }),
        maximum: fc.integer({ min: 13, max: 50 }),
        exclusiveMaximum: fc.integer({ min: 13, max: 50 }),
        type: fc.constantFrom('integer', 'number'),
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(fc.property(bounds, (schema) => typeof fitted(schema) === 'number'));
  });
});
