/** The admin graph's reload: what SIGHUP does to a gateway. */
import type { ReloadOutcome } from '../runtime/index.ts';
import { type AdminCaller, writer } from './admin-caller.ts';

export const reloadTypeDefs = /* GraphQL */ `
  extend type Mutation {
    "Reads the configuration, its schemas and its prompts again, and serves what has changed, as SIGHUP does."
    reload: Reload!
  }

  enum ReloadOutcome { SWAPPED UNCHANGED REFUSED STOPPED }

  type Reload {
    outcome: ReloadOutcome!
    "What is served now; null: nothing."
    generation: String
    "Why it was refused."
    problem: String
  }
`;

/** What is served, and how it is read again. */
export interface ServedGeneration {
  readonly id: () => string | undefined;
  /** @throws GatewayError where nothing is served */
  readonly reload: () => Promise<ReloadOutcome>;
}

export function reloadResolvers({ id, reload }: ServedGeneration) {
  return {
    async reload(_: unknown, __: unknown, caller: AdminCaller) {
      writer(caller);
      const outcome = await reload();
      const problem = outcome.kind === 'refused' ? outcome.error.message : null;
      return { outcome: outcome.kind.toUpperCase(), generation: id() ?? null, problem };
    },
  };
}
