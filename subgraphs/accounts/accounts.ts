import { fileURLToPath } from 'node:url';
import { boundedFirst } from '../coded-input.ts';
import type { Resolvers } from '../create-subgraph-server.ts';
import type { CurrentUser, Identify } from '../current-user.ts';
import type { ListenOptions, RunningService } from '../listen.ts';
import { serveSubgraph } from '../serve-subgraph.ts';
import users from './users.json' with { type: 'json' };

const byId = new Map(users.map((user) => [user.id, user]));

const resolvers: Resolvers<CurrentUser> = {
  Query: {
    me: (_source, _arguments, { userId }) => (userId === undefined ? null : (byId.get(userId) ?? null)),
    user: (_source, { id }: { id: string }) => byId.get(id) ?? null,
    users: (_source, { first }: { first: number | null }) => users.slice(0, boundedFirst(first)),
  },
  User: {
    __resolveReference: ({ id }: { id: string }) => byId.get(id) ?? null,
  },
};

export interface AccountsOptions extends ListenOptions {
  /** Another schema file than the subgraph's own. */
  readonly schemaFile?: string;
  /** @default by the header `x-user-id`: for tests */
  readonly identify?: Identify;
}

/** The subgraph `accounts`: who the customers are. */
export function startAccounts({ schemaFile, ...listening }: AccountsOptions): Promise<RunningService> {
  return serveSubgraph({
    name: 'accounts',
    schemaFile: schemaFile ?? fileURLToPath(new URL('schema.graphql', import.meta.url)),
    resolvers,
    context: (user) => user,
    ...listening,
  });
}
