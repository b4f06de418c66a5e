import type { ExecutionResult } from '../../execution/index.ts';

/** Whether declared values stand in the place of what has failed: what a cache still has is better. */
export function hasFallbacks({ extensions }: ExecutionResult): boolean {
  const degraded = extensions?.degraded as Readonly<Record<string, { readonly reason?: unknown }>> | undefined;
  return degraded !== undefined && Object.values(degraded).some(({ reason }) => reason === 'fallback');
}
