/** People in the admin graph: what is stored of one, and one removed. */
import { GatewayError, messageOf } from '../errors/index.ts';
import type { RecordReader } from '../records/index.ts';
import { readPersonPage, type Store } from '../store/index.ts';
import { type AdminCaller, writer } from './admin-caller.ts';
import { refusal } from './refusal.ts';
import type { RunningCaches } from './running-caches.ts';

export const peopleTypeDefs = /* GraphQL */ `
  extend type Query {
    "What is stored of a person, page by page: API keys, increases of budgets, model calls, records."
    person(
      "The principal's id."
      user: String!
      "Of the page before: its next."
      after: String
    ): PersonPage!
  }

  extend type Mutation {
    "Removes a person from the records, the ledger and the API keys, and all cached answers. Sums stay as they are."
    eraseUser(user: String!): ErasedUser!
  }

  type PersonPage {
    "Each an object with its kind: api_key, budget_raise, model_call or record."
    lines: [JSON!]!
    "For the argument after; null: this was the last page."
    next: String
  }

  type ErasedUser {
    "What the ledger calls the person from now on."
    pseudonym: String!
    ledgerRows: Int!
    ledgerHours: Int!
    apiKeys: Int!
    budgetRaises: Int!
    records: Int!
    "Why the caches are as they were; null: they are emptied."
    problem: String
  }
`;

export interface PeopleParts {
  readonly store: Store;
  /** Runs with the records of the store, whether or not operations are recorded at the moment. */
  readonly withRecords: <Result>(
    run: (records: Pick<RecordReader, 'search' | 'erase'>) => Promise<Result>,
  ) => Promise<Result>;
  readonly caches: Pick<RunningCaches, 'purge'>;
}

const pageLength = 500;

export function peopleResolvers({ store, withRecords, caches }: PeopleParts) {
  const Query = {
    async person(_: unknown, { user, after }: { readonly user: string; readonly after?: string | null }) {
      const request = { user, after: after ?? undefined, limit: pageLength };
      const page = await withRecords((records) => readPersonPage({ store, records }, request));
      if (page === undefined) throw refusal('BAD_USER_INPUT', 'after: write the next of a page');
      return page;
    },
  };
  const Mutation = {
    async eraseUser(_: unknown, { user }: { readonly user: string }, caller: AdminCaller) {
      const actor = writer(caller);
      if (user === '') throw refusal('BAD_USER_INPUT', 'user: write the id of a caller');
      const records = await withRecords((opened) => opened.erase(user));
      const erased = await store.eraseUser(user, actor);
      return { ...erased, records, problem: await emptyCaches(caches) };
    },
  };
  return { Query, Mutation };
}

/** @returns why they are as they were */
async function emptyCaches(caches: PeopleParts['caches']): Promise<string | null> {
  try {
    return (await caches.purge(undefined))
      ? null
      : 'a cache cannot be reached at the moment: its answers are still there';
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return messageOf(error);
  }
}
