/**
 * One call of the coprocessor: POST, and its reply, checked. Bounded in time and in size while it is read, and ended when
 * the client leaves. It fails where the reply is late, too large, no JSON object, of a status other than 2xx, or changes
 * what identifies the call.
 */
import type { CoprocessorConfig } from '../../config/index.ts';
import { readBounded } from '../../lib/index.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Reply {
  readonly fields: Fields;
  /** The status to end with, where the coprocessor said so. */
  readonly break: number | undefined;
}

const maxReplyBytes = 64_000_000;
const fixedKeys = ['version', 'stage', 'id', 'subgraphRequestId', 'serviceName'] as const;

export async function callCoprocessor(
  { url, timeoutMs }: CoprocessorConfig,
  stage: string,
  fields: Fields,
  signal: AbortSignal,
): Promise<Reply> {
  const call: Fields = { version: 1, stage, control: 'continue', ...fields };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(call),
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    redirect: 'error',
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${stage}: the coprocessor answered ${response.status}`);
  }
  const tooLong = () => new Error(`${stage}: the coprocessor’s reply exceeds ${maxReplyBytes} bytes`);
  const text = (await readBounded(response.body, maxReplyBytes, tooLong)).toString('utf8');
  const reply: unknown = JSON.parse(text);
  if (!isRecord(reply)) throw new Error(`${stage}: the coprocessor’s reply is no object`);
  for (const key of fixedKeys) {
    if (reply[key] !== undefined && call[key] !== undefined && reply[key] !== call[key])
      throw new Error(`${stage}: the coprocessor changed \`${key}\``);
  }
  return { fields: reply, break: breakOf(stage, reply) };
}

function breakOf(stage: string, { control }: Fields): number | undefined {
  if (control === undefined || control === 'continue') return undefined;
  const status = isRecord(control) ? control.break : undefined;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599)
    throw new Error(`${stage}: \`control\` is "continue" or { "break": <HTTP status> }`);
  return status;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
