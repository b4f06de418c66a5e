/** The tests in a prompt's front matter: inputs, and expectations on the output of the model. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { JsonSchema } from '../../model-call/index.ts';
import { schemaProblems } from '../../models/index.ts';

const text = z.string().min(1);
const texts = z.union([text, z.array(text).min(1)]);

const expectation = z
  .strictObject({
    /** All of these texts, case-insensitive. */
    contains: texts.optional(),
    /** None of these texts, case-insensitive. */
    notContains: texts.optional(),
    /** A regular expression with the flags `i` and `u`. */
    matches: text.refine(isPattern, 'write a regular expression').optional(),
    /** The output itself: text, or the JSON value. */
    equals: z.unknown().optional(),
    oneOf: z.array(z.unknown()).min(1).optional(),
    /** A JSON schema of the output. */
    schema: z.record(z.string(), z.unknown()).optional(),
    /** In characters of the text. */
    maxLength: z.number().int().min(0).optional(),
  })
  .refine((expected) => Object.keys(expected).length > 0, 'say what is expected: contains, matches, equals, …');

export const promptTest = z.strictObject({
  name: text.optional(),
  input: z.record(z.string(), z.unknown()).default({}),
  expect: expectation,
});

export type PromptTest = Readonly<z.output<typeof promptTest>>;

/** The output of a model, as a test checks it. */
export interface TestedOutput {
  readonly text: string;
  /** The text itself, or the JSON value if the prompt has an output schema. */
  readonly value: unknown;
}

/** @returns a message for each failed expectation; empty if all are met */
export function failedExpectations(expected: PromptTest['expect'], { text, value }: TestedOutput): readonly string[] {
  const failed: string[] = [];
  const folded = text.toLowerCase();
  for (const part of listOf(expected.contains)) {
    if (!folded.includes(part.toLowerCase())) failed.push(`does not contain "${part}"`);
  }
  for (const part of listOf(expected.notContains)) {
    if (folded.includes(part.toLowerCase())) failed.push(`contains "${part}"`);
  }
  if (expected.matches !== undefined && !new RegExp(expected.matches, 'iu').test(text)) {
    failed.push(`does not match ${expected.matches}`);
  }
  if (Object.hasOwn(expected, 'equals') && !isDeepStrictEqual(value, expected.equals)) {
    failed.push(`is not ${JSON.stringify(expected.equals)}`);
  }
  if (expected.oneOf !== undefined && !expected.oneOf.some((option) => isDeepStrictEqual(value, option))) {
    failed.push(`is none of ${JSON.stringify(expected.oneOf)}`);
  }
  if (expected.schema !== undefined) {
    for (const problem of schemaProblems(expected.schema as JsonSchema, value)) failed.push(`does not fit: ${problem}`);
  }
  if (expected.maxLength !== undefined && text.length > expected.maxLength) {
    failed.push(`is ${text.length} characters long, more than ${expected.maxLength}`);
  }
  return failed;
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'iu');
    return true;
  } catch {
    return false;
  }
}
