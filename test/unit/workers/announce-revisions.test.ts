import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ApiKeys } from '../../../src/access/index.ts';
import type { ResolvedConfig } from '../../../src/config/index.ts';
import { stableHash } from '../../../src/lib/index.ts';
import type { Logger } from '../../../src/observability/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { RevisionAnnouncer } from '../../../src/workers/announce-revisions.ts';
import { nextSignal, twoWorkersSignals } from '../../testkit/processes/worker-signals.ts';

it('workers are told of each change of the store that is configured', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-revisions-'));
  const config = {
    kind: 'sqlite',
    file: join(folder, 'a.db'),
    key: undefined,
    previousKeys: [],
    line: undefined,
  } as const;
  const log = { warn() {}, info() {} } as unknown as Logger;
  const store = await openStore({ config, configFile: 'supergraph.yaml', log });
  const { first, second, close } = twoWorkersSignals();
  const announcer = new RevisionAnnouncer({ signals: first, log });
  const topic = `store revisions ${stableHash(config)}`;
  const followed = { access: { apiKeys: true }, ai: { budgets: [] }, store: config, file: 'supergraph.yaml' };
  announcer.follow(followed as unknown as ResolvedConfig);
  const before = await nextSignal(second, topic);
  expect(before).toEqual(await store.revisions());
  const keys = new ApiKeys(store, 'test');
  await keys.create({ name: 'a', tenant: 't', scopes: [], roles: [], models: undefined, expiresAt: undefined });
  await expect.poll(() => nextSignal(second, topic)).not.toEqual(before);
  expect(await nextSignal(second, topic)).toEqual(await store.revisions());
  await announcer.close();
  await store.close();
  close();
  rmSync(folder, { recursive: true, force: true });
});
