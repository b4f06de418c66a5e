/** API keys as a running gateway changes them, through its admin graph. */
import type { ApiKey, ApiKeys, CreatedApiKey } from '../../access/index.ts';
import { type AdminAddress, askAdminGraph } from '../frame/ask-admin.ts';

export type KeyChanges = Pick<ApiKeys, 'create' | 'list' | 'rotate' | 'revoke'>;

const keyFields =
  'id name state tenant scopes roles models createdAt expiresAt lastUsedAt revokedAt replacedBy' as const;

interface GraphKey
  extends Pick<ApiKey, 'id' | 'name' | 'tenant' | 'scopes' | 'roles'>,
    Readonly<Record<'createdAt' | 'state', string>>,
    Readonly<Record<'expiresAt' | 'lastUsedAt' | 'revokedAt' | 'replacedBy', string | null>> {
  readonly models: readonly string[] | null;
}

interface GraphCreatedKey {
  readonly secret: string;
  readonly key: GraphKey;
}

/** @throws CliFailure from each */
export function remoteKeys(address: AdminAddress): KeyChanges {
  return {
    async list() {
      const { keys } = await askAdminGraph(address, `{ keys { ${keyFields} } }`);
      return (keys as readonly GraphKey[]).map(toKey);
    },
    async create({ expiresAt, ...rights }) {
      const expiresIn = expiresAt === undefined ? null : `${Math.max(1, expiresAt - Date.now())}ms`;
      const query = `mutation Create($input: CreateKeyInput!) { createKey(input: $input) { secret key { ${keyFields} } } }`;
      const { createKey } = await askAdminGraph(address, query, { input: { ...rights, expiresIn } });
      return toCreated(createKey as GraphCreatedKey);
    },
    async rotate(id, overlapMs) {
      const overlap = overlapMs === 0 ? '0' : `${overlapMs}ms`;
      const query = `mutation Rotate($id: ID!, $overlap: String!) { rotateKey(id: $id, overlap: $overlap) { secret key { ${keyFields} } } }`;
      const { rotateKey } = await askAdminGraph(address, query, { id, overlap });
      return toCreated(rotateKey as GraphCreatedKey);
    },
    async revoke(id) {
      const { revokeKey } = await askAdminGraph(
        address,
        `mutation Revoke($id: ID!) { revokeKey(id: $id) { ${keyFields} } }`,
        { id },
      );
      return toKey(revokeKey as GraphKey);
    },
  };
}

function toCreated({ secret, key }: GraphCreatedKey): CreatedApiKey {
  return { ...toKey(key), key: secret };
}

function toKey({
  state,
  models,
  createdAt,
  expiresAt,
  lastUsedAt,
  revokedAt,
  replacedBy,
  ...rights
}: GraphKey): ApiKey {
  return {
    ...rights,
    models: models ?? undefined,
    createdAt: Date.parse(createdAt),
    expiresAt: timeOf(expiresAt),
    lastUsedAt: timeOf(lastUsedAt),
    revokedAt: timeOf(revokedAt),
    replacedBy: replacedBy ?? undefined,
    state: state.toLowerCase() as ApiKey['state'],
  };
}

const timeOf = (text: string | null): number | undefined => (text === null ? undefined : Date.parse(text));
