import type { BudgetSubject } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { PaidCall } from '../model-call/index.ts';

/** Who sends a request, as budgets and the ledger have it. */
export interface Payer {
  /** Where it came in: `graphql`, or a route such as `/v1/chat/completions`. */
  readonly door: string;
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

/** @returns undefined where there is none: a budget for it does not count this call */
export function subjectOf(
  subject: BudgetSubject,
  payer: Payer,
  call: Pick<PaidCall, 'alias' | 'prompt'>,
): string | undefined {
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
      return promptNameOf(call.prompt);
    case 'model':
      return call.alias;
    default:
      return unreachable(subject);
  }
}

/** Without its version. */
export function promptNameOf(prompt: string | undefined): string | undefined {
  return prompt?.split('@', 1)[0];
}
