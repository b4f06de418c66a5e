/** Clocks that differ make tokens expire early and cached answers stale. */
import { type Finding, ok, warning } from './finding.ts';

const mostSkewMs = 5_000;
const timeoutMs = 3_000;

/** By the `Date` of whatever a server answers. @returns undefined where it sends none */
export async function clockFinding(check: string, url: string): Promise<Finding | undefined> {
  const began = Date.now();
  // A request as any other: a server may not be ready for what is no query.
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ __typename }"}',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(() => undefined);
  await response?.body?.cancel();
  const date = Date.parse(response?.headers.get('date') ?? '');
  // A Date is of whole seconds.
  return Number.isNaN(date) ? undefined : skewFinding(check, (began + Date.now()) / 2 - date - 500);
}

/** @param skewMs how far this machine is ahead */
export function skewFinding(check: string, skewMs: number): Finding {
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  if (Math.abs(skewMs) <= mostSkewMs) return ok(`clock of ${check}`, 'as that of this machine');
  const message = `this machine is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} it`;
  return warning(
    `clock of ${check}`,
    message,
    'let both keep their time by NTP: tokens and cached answers expire by it',
  );
}
