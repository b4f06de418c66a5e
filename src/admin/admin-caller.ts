import type { PublishRights } from '../registry/routes/index.ts';
import { refusal } from './refusal.ts';

/** Who calls the admin graph. */
export interface AdminCaller {
  /** As the audit log names them. */
  readonly actor: string;
  /** Whether they may see more than the registry. */
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  readonly publishes: PublishRights;
  /** The teams that they act for; `any`: whichever they say. */
  readonly teams: readonly string[] | 'any';
}

/** @returns the actor of a change, for the audit log; @throws a refusal where they may not change anything */
export function writer({ actor, mayWrite }: AdminCaller): string {
  if (mayWrite) return actor;
  throw refusal('FORBIDDEN', 'This requires the scope admin:write.');
}
