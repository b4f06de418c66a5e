/**
 * Tells a webhook of each generation that is published while it is open, to any graph of the store, by this process or another. Every
 * process that has the webhook sends it, with the same id: receivers take a message of an id once.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { formatGraphRef, type GraphRef, type WebhookConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { RegistryTable } from '../../store/index.ts';
import { Webhook } from '../../webhooks/index.ts';
import type { Changelog, ChangelogEntry } from './changelog.ts';

export interface PublicationWebhookOptions {
  readonly table: RegistryTable;
  readonly changelog: Changelog;
  readonly config: WebhookConfig;
  readonly log: Logger;
}

const pollMs = 1_000;
/** Of one graph, between two looks. */
const maxGenerations = 20;
/** A message stays small: the changelog has them all. */
const maxChanges = 200;

export class PublicationWebhook {
  readonly #options: PublicationWebhookOptions;
  readonly #webhook: Webhook;
  readonly #closing = new AbortController();
  #watching: Promise<void> | undefined;
  /** The newest number of each graph that is known. */
  readonly #newest = new Map<string, number>();
  #isFailing = false;

  private constructor(options: PublicationWebhookOptions) {
    this.#options = options;
    this.#webhook = new Webhook(options);
  }

  /** What has been published until then is told to nobody. */
  static async open(options: PublicationWebhookOptions): Promise<PublicationWebhook> {
    const webhook = new PublicationWebhook(options);
    webhook.#watching = webhook.#watch(await webhook.#look(undefined));
    return webhook;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await this.#webhook.close();
  }

  async #watch(known: number | undefined): Promise<void> {
    const { signal } = this.#closing;
    let revision = known;
    while (!signal.aborted) {
      await wait(pollMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) revision = (await this.#look(revision)) ?? revision;
    }
  }

  /** @returns the revision that was looked at; undefined where it could not be: it is looked at again */
  async #look(lastRevision: number | undefined): Promise<number | undefined> {
    try {
      const { table } = this.#options;
      const revision = await table.revision();
      if (revision === lastRevision) return revision;
      for (const { graph, variant } of await table.graphs())
        await this.#lookAt({ graph, variant }, lastRevision !== undefined);
      this.#isFailing = false;
      return revision;
    } catch (error) {
      if (!this.#isFailing && !this.#closing.signal.aborted)
        this.#options.log.warn({ reason: messageOf(error) }, 'what is published cannot be told to the webhook');
      this.#isFailing = true;
      return undefined;
    }
  }

  async #lookAt(ref: GraphRef, isLate: boolean): Promise<void> {
    const name = formatGraphRef(ref);
    const [newest] = await this.#options.table.history(ref, { limit: 1 });
    const number = newest?.number ?? 0;
    const last = this.#newest.get(name) ?? 0;
    if (isLate && number > last) {
      const page = { limit: Math.min(maxGenerations, number - last), before: undefined };
      const entries = await this.#options.changelog.entries(ref, page, this.#closing.signal);
      for (const entry of entries.toReversed()) if (entry.number > last) this.#send(ref, entry);
    }
    this.#newest.set(name, number);
  }

  #send({ graph, variant }: GraphRef, { changes, ...entry }: ChangelogEntry): void {
    const message = {
      type: 'registry.published',
      graph,
      variant,
      ...entry,
      changes: changes?.slice(0, maxChanges) ?? null,
      unlisted: Math.max(0, (changes?.length ?? 0) - maxChanges),
    };
    this.#webhook.send(message, `msg_${graph}_${variant}_${entry.number}`);
  }
}
