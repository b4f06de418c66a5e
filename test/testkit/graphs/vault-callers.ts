/** A gateway over the vault, and callers of random rights for it. */
import type { Random } from '../random/random.ts';
import { startTestGateway, type TestGateway } from '../test-gateway.ts';
import { vault } from './vault.ts';
import type { VaultWriter } from './vault-writer.ts';

/**
 * Callers say who they are in headers; the policy `own` compares an argument with their id.
 * @param writer an AI subgraph over it
 */
export function startVault(
  access: object = {},
  limits: object = {},
  cache: object = {},
  writer?: Pick<VaultWriter, 'yaml'>,
): Promise<TestGateway> {
  const configured = {
    proxy: { from: ['127.0.0.1'], id: 'x-user', scopes: 'x-scopes' },
    policies: { own: 'args.of == principal.id' },
    ...access,
  };
  const yaml = `${writer?.yaml ?? ''}limits: ${JSON.stringify(limits)}\ncache: ${JSON.stringify(cache)}\naccess: ${JSON.stringify(configured)}`;
  return startTestGateway({ subgraphs: vault, yaml });
}

export interface VaultCaller {
  readonly id: string;
  readonly isAnonymous: boolean;
  readonly scopes: readonly string[];
}

const scopes = [
  'staff',
  'write',
  'admin',
  'read:email',
  'read:salary',
  'badges',
  'letters',
  'remarks',
  'motto',
  'contracts',
];

export function randomCaller(random: Random): VaultCaller {
  const isAnonymous = random.chance(0.2);
  const held = scopes.filter(() => random.chance(0.4));
  return {
    id: isAnonymous ? 'anonymous' : random.pick(['u1', 'u2', 'u3']),
    isAnonymous,
    scopes: isAnonymous ? [] : held,
  };
}

export function callerHeaders({ id, isAnonymous, scopes: held }: VaultCaller): Record<string, string> {
  return isAnonymous ? {} : { 'x-user': id, 'x-scopes': held.join(' ') };
}
