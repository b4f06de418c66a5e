/** Before anything is measured, every answer of a gateway is compared with the reference engine's. */
import { isDeepStrictEqual } from 'node:util';
import { Agent, request } from 'undici';
import type { BenchOperation } from './operations.ts';

/** Slow answers are not this benchmark's to refuse. */
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 4 });

/** @throws Error where there is no answer to GraphQL */
export async function askGateway(port: number, path: string, body: string): Promise<string> {
  const response = await request(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
    dispatcher: agent,
  });
  const text = await response.body.text();
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${text.slice(0, 500)}`);
  return text;
}

/** Waits until the gateway answers. */
export async function untilReady(port: number, path: string, hasEnded: () => boolean): Promise<void> {
  const endsAt = performance.now() + 60_000;
  let last: unknown;
  while (performance.now() < endsAt && !hasEnded()) {
    try {
      await askGateway(port, path, JSON.stringify({ query: '{ __typename }' }));
      return;
    } catch (error) {
      last = error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(hasEnded() ? 'it ended at its start' : `no answer within 60 s: ${String(last)}`);
}

export interface Verification {
  readonly answerBytes: readonly number[];
  /** The first difference; undefined where there is none. */
  readonly difference: string | undefined;
}

export async function verify(
  port: number,
  path: string,
  operation: BenchOperation,
  expected: ReadonlyMap<string, string>,
): Promise<Verification> {
  const answerBytes: number[] = [];
  let difference: string | undefined;
  for (const body of operation.bodies) {
    const text = await askGateway(port, path, body);
    answerBytes.push(Buffer.byteLength(text));
    difference ??= differenceOf(text, expected.get(body));
  }
  return { answerBytes, difference };
}

function differenceOf(text: string, expected: string | undefined): string | undefined {
  if (expected === undefined) return 'there is no reference answer';
  if (text === expected) return undefined;
  const answer = JSON.parse(text) as { readonly data?: unknown; readonly errors?: unknown };
  if (answer.errors !== undefined) return `errors: ${JSON.stringify(answer.errors).slice(0, 300)}`;
  const reference = JSON.parse(expected) as { readonly data?: unknown };
  if (!isDeepStrictEqual(answer.data, reference.data)) return firstDifference(answer.data, reference.data, 'data');
  return JSON.stringify(answer.data) === JSON.stringify(reference.data) ? undefined : 'the order of fields differs';
}

function firstDifference(left: unknown, right: unknown, path: string): string {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return `${path} is ${JSON.stringify(left)?.slice(0, 80)} instead of ${JSON.stringify(right)?.slice(0, 80)}`;
  }
  const ours = left as Record<string, unknown>;
  const theirs = right as Record<string, unknown>;
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    if (!isDeepStrictEqual(ours[key], theirs[key])) return firstDifference(ours[key], theirs[key], `${path}.${key}`);
  }
  return path;
}
