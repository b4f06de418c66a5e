/**
 * Follows what serves of a variant: each generation is verified, written to disk as a folder, and told. What a gateway has
 * served is remembered on disk, so that it starts from it while the registry is down; an outage changes nothing of what serves.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { formatGraphRef, type GraphRef, type PublishedOverlay } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { readTextFile } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import {
  type Canary,
  contentFolderOf,
  contentHashOf,
  isSignedBy,
  isWhole,
  keepContentFolders,
  overlayOf,
  publishedGeneration,
  writeContentFolder,
} from '../generation/index.ts';
import {
  type EndedCanary,
  type GenerationFeed,
  isSameServed,
  RegistryRefusal,
  type ServedGenerations,
  type SignedGeneration,
} from './generation-feed.ts';

export interface FollowerOptions {
  readonly ref: GraphRef;
  readonly feed: GenerationFeed;
  /** Of the registry. */
  readonly publicKey: string;
  /** Where generations are written, such as `.isthmus/registry`. */
  readonly folder: string;
  readonly log: Logger;
}

/** A generation that is on disk. */
export interface FollowedGeneration {
  readonly number: number;
  readonly contentHash: string;
  readonly overlay: PublishedOverlay;
}

export interface FollowedGenerations {
  readonly serving: FollowedGeneration;
  readonly canary: (FollowedGeneration & Omit<Canary, 'number'>) | undefined;
}

/** How long a start waits for the registry before it takes what is on disk. */
const firstAnswerMs = 5_000;
const firstPauseMs = 250;
/** Between attempts to reach a registry, at most: one that starts again is followed within a second. */
const reconnectMs = 400;
/** After answers that are refused: they cost the registry work, and the next one is seldom better. */
const longestPauseMs = 5_000;

const remembered = z.object({ generation: publishedGeneration, signature: z.string() });

export class RegistryFollower {
  readonly #options: FollowerOptions;
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<() => void>();
  #known: ServedGenerations | undefined;
  #current: FollowedGenerations | undefined;
  #lastGood: SignedGeneration | undefined;
  #outage: string | undefined;
  #following: Promise<void> = Promise.resolve();

  private constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /**
   * Takes what serves, or else what served here last, and follows it.
   * @throws Error where the folder cannot be written
   */
  static async open(options: FollowerOptions): Promise<RegistryFollower> {
    const follower = new RegistryFollower(options);
    await mkdir(join(options.folder, 'contents'), { recursive: true });
    follower.#lastGood = await follower.#readRemembered();
    const { signal } = follower.#stopping;
    try {
      await follower.#take(
        await options.feed.next(undefined, AbortSignal.any([signal, AbortSignal.timeout(firstAnswerMs)])),
      );
    } catch (error) {
      follower.#reportOutage(error);
    }
    if (follower.#current === undefined) await follower.fallBack();
    follower.#following = follower.#follow();
    return follower;
  }

  /** Undefined: nothing has been published. */
  get current(): FollowedGenerations | undefined {
    return this.#current;
  }

  /** Why nothing can be taken from the registry; undefined where the last answer was good. */
  get outage(): string | undefined {
    return this.#outage;
  }

  /** Called whenever `current` is another. @returns ends that */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What is served now is what a start without the registry takes. Never rejects. */
  async remember(contentHash: string): Promise<void> {
    const signed = this.#known;
    if (signed === undefined || signed.generation.contentHash !== contentHash) return;
    if (this.#lastGood?.generation.number === signed.generation.number) return;
    const { generation, signature } = signed;
    this.#lastGood = { generation, signature };
    const { folder, log } = this.#options;
    try {
      const file = this.#rememberedFile();
      const temporary = `${file}.${process.pid}.tmp`;
      await writeFile(temporary, JSON.stringify(this.#lastGood), { flush: true, mode: 0o600 });
      await rename(temporary, file);
      const hashes = [contentHash, this.#known?.canary?.generation.contentHash ?? contentHash];
      await keepContentFolders(join(folder, 'contents'), new Set(hashes));
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the generation that serves cannot be written to disk');
    }
  }

  /**
   * Takes what served here last instead of what cannot be served.
   * @returns whether there is another one
   */
  async fallBack(): Promise<boolean> {
    const lastGood = this.#lastGood;
    if (lastGood === undefined) return false;
    const { generation } = lastGood;
    if (this.#current?.serving.contentHash === generation.contentHash) return false;
    const contentFolder = contentFolderOf(join(this.#options.folder, 'contents'), generation.contentHash);
    if (!(await isWhole(contentFolder, generation.content))) return false;
    this.#current = { serving: this.#followed(lastGood), canary: undefined };
    return true;
  }

  /** Tells the registry what became of a canary. @throws Error where it cannot be told */
  async endCanary(end: EndedCanary): Promise<void> {
    await this.#options.feed.endCanary(end, this.#stopping.signal);
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error('the gateway is stopping'));
    await this.#following;
    await this.#options.feed.close();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    const { feed, ref, log } = this.#options;
    for (let pauseMs = firstPauseMs; !signal.aborted; ) {
      let isReached = false;
      try {
        const beganAt = performance.now();
        // After an outage the answer comes at once: that it has ended does not wait for something new.
        const served = await feed.next(this.#outage === undefined ? (this.#known ?? 'none') : undefined, signal);
        isReached = true;
        const isAnother = await this.#take(served);
        // After it was taken: an answer that is refused, such as a wrong signature, is an outage like any other.
        if (this.#outage !== undefined) log.info({ registry: formatGraphRef(ref) }, 'the registry answers again');
        this.#outage = undefined;
        pauseMs = firstPauseMs;
        if (isAnother) for (const listener of this.#listeners) listener();
        // One that does not wait is not asked again at once.
        if (served === undefined && performance.now() - beganAt < firstPauseMs)
          await wait(firstPauseMs, undefined, { signal, ref: false });
      } catch (error) {
        if (signal.aborted) return;
        this.#reportOutage(error);
        const isRefused = isReached || error instanceof RegistryRefusal;
        // At random: the gateways of a registry that starts again do not ask all at once.
        const randomMs = (isRefused ? pauseMs : reconnectMs) * (0.5 + Math.random() / 2);
        await wait(randomMs, undefined, { signal, ref: false }).catch(() => undefined);
        pauseMs = isRefused ? Math.min(longestPauseMs, pauseMs * 2) : firstPauseMs;
      }
    }
  }

  /** @returns whether it is another than before */
  async #take(served: ServedGenerations | undefined): Promise<boolean> {
    if (served === undefined || isSameServed(served, this.#known)) return false;
    const { canary } = served;
    await this.#write(served);
    if (canary !== undefined) await this.#write(canary);
    this.#known = served;
    this.#current = { serving: this.#followed(served), canary: canary && this.#followedCanary(canary) };
    return true;
  }

  /** Verifies a generation and writes it to disk. */
  async #write(signed: SignedGeneration): Promise<void> {
    this.#verify(signed);
    const { content } = signed.generation;
    const contents = join(this.#options.folder, 'contents');
    await writeContentFolder(contents, content, (hashes) => this.#options.feed.texts(hashes, this.#stopping.signal));
  }

  /** @throws Error where it is another graph's, or altered */
  #verify({ generation, signature }: SignedGeneration): void {
    const { ref, publicKey } = this.#options;
    const { graph, variant, content, contentHash } = generation;
    if (graph !== ref.graph || variant !== ref.variant)
      throw new Error(`the registry gave a generation of ${formatGraphRef(generation)}`);
    if (contentHashOf(content) !== contentHash || !isSignedBy(publicKey, generation, signature))
      throw new Error(
        'the generation is not signed by the registry whose public key is configured: nothing is changed',
      );
  }

  #followed({ generation }: SignedGeneration): FollowedGeneration {
    const { number, content, contentHash } = generation;
    const contentFolder = contentFolderOf(join(this.#options.folder, 'contents'), contentHash);
    const name = `generation ${number} of ${formatGraphRef(this.#options.ref)}`;
    return { number, contentHash, overlay: overlayOf(content, contentFolder, name) };
  }

  #followedCanary(canary: NonNullable<ServedGenerations['canary']>): FollowedGenerations['canary'] {
    const { percent, since, durationMs } = canary;
    return { ...this.#followed(canary), percent, since, durationMs };
  }

  #rememberedFile(): string {
    return join(this.#options.folder, `${formatGraphRef(this.#options.ref)}.json`);
  }

  /** @returns undefined where there is none, or it was altered */
  async #readRemembered(): Promise<SignedGeneration | undefined> {
    const text = await readTextFile(this.#rememberedFile()).catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const signed = remembered.parse(JSON.parse(text));
      this.#verify(signed);
      return signed;
    } catch (error) {
      this.#options.log.warn({ reason: messageOf(error) }, 'the generation on disk cannot be used');
      return undefined;
    }
  }

  #reportOutage(error: unknown): void {
    const reason = messageOf(error);
    if (this.#outage === reason) return;
    this.#outage = reason;
    const { ref, log } = this.#options;
    log.warn({ registry: formatGraphRef(ref), reason }, 'the registry cannot be followed: what serves goes on serving');
  }
}
