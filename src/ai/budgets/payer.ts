import type { BudgetSubject } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';

/** Who sends a request, as far as budgets look at it. */
export interface Payer {
  readonly tenant: string;
  /** Of the principal's claims; undefined: none. */
  readonly team: string | undefined;
  /** The principal's id, of whichever kind. */
  readonly id: string;
  readonly kind: 'anonymous' | 'user' | 'key' | 'service';
  /** The client's name, as its header has it. */
  readonly client: string | undefined;
  /** The operation's name. */
  readonly operation: string | undefined;
}

/** What budgets look at of one call. */
export interface PaidCall {
  readonly alias: string;
  /** With its version: `review-summary@3`. */
  readonly prompt: string | undefined;
}

/** @returns undefined where there is none: a budget for it does not count this call */
export function subjectOf(subject: BudgetSubject, payer: Payer, call: PaidCall): string | undefined {
  switch (subject) {
    case 'organization':
      return '';
    case 'tenant':
      return payer.tenant;
    case 'team':
      return payer.team;
    case 'key':
      return payer.kind === 'key' ? payer.id : undefined;
    case 'user':
      return payer.kind === 'user' ? payer.id : undefined;
    case 'client':
      return payer.client;
    case 'operation':
      return payer.operation;
    case 'prompt':
      return call.prompt?.split('@')[0];
    case 'model':
      return call.alias;
    default:
      return unreachable(subject);
  }
}
