/**
 * The registry: changes of a graph, each composed and checked as a gateway would before it becomes a generation. Changes are
 * made one after another, and one that was overtaken by another process is made again upon what that one published: two
 * owners at once never make a mixture, and what composes is what is published.
 */
import { formatGraphRef, type GraphRef, type PublishedOverlay } from '../../config/index.ts';
import { didYouMean } from '../../lib/index.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import type { NextGeneration, RegistryHead, RegistryTable } from '../../store/index.ts';
import type { Composition, CompositionError } from '../../supergraph/index.ts';
import {
  contentHashOf,
  emptyContent,
  type GenerationChange,
  type GenerationContent,
  overlayOf,
  type PublishedGeneration,
  type Texts,
  writeContentFolder,
} from '../generation/index.ts';
import { type ChangedContent, type ContentChange, changeContent } from './change-content.ts';
import { RegistryError } from './registry-error.ts';

export interface RegistryOptions {
  readonly table: RegistryTable;
  /** Where candidates are written, for those who read subgraphs from files. */
  readonly folder: string;
  /**
   * Reads and composes a candidate as a gateway of this configuration would.
   * @throws CompositionError or ConfigError with every problem
   */
  readonly read: (candidate: PublishedOverlay) => Promise<SupergraphParts>;
  /** What the first generation of a graph begins with: the subgraphs of this configuration's own file. @default nothing */
  readonly own?: ((ref: GraphRef) => Promise<ChangedContent | undefined>) | undefined;
}

/** Who changes something, and why. */
export interface Author {
  /** Such as `cli:ann` or `key:ab2cd3ef`. */
  readonly actor: string;
  readonly commit?: string | undefined;
  readonly message?: string | undefined;
}

export interface PublishOptions extends Author {
  /** The share of requests that it is served to at first, and for how long; undefined: all. */
  readonly canary?: NextGeneration['canary'];
}

/** The number of a generation, or its label. */
export type GenerationName = number | string;

/** What composing gives other tools. */
export type ComposedSdl = Pick<Composition, 'supergraphSdl' | 'apiSdl'>;

/** A change beside what it changes. */
export interface Candidate extends ChangedContent {
  readonly ref: GraphRef;
  /** What it was made from; undefined: nothing has been published. */
  readonly base: PublishedGeneration | undefined;
  /** What is published first, where nothing has been: the subgraphs of the configuration's own file. */
  readonly own: ChangedContent | undefined;
}

export type Published =
  | { readonly kind: 'published'; readonly generation: PublishedGeneration }
  /** It is what serves already. */
  | { readonly kind: 'unchanged'; readonly generation: PublishedGeneration };

/** How often a change is made again that other processes have overtaken. */
const maxAttempts = 50;
const maxComposed = 10;

export class Registry {
  readonly #options: RegistryOptions;
  #running: Promise<unknown> = Promise.resolve();
  /** The newest, by the content's hash. */
  readonly #composed = new Map<string, ComposedSdl>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get table(): RegistryTable {
    return this.#options.table;
  }

  /** @throws RegistryError where it cannot be made */
  async candidate(ref: GraphRef, change: ContentChange): Promise<Candidate> {
    const { table, own } = this.#options;
    const head = await table.head(ref);
    const base = head && (await this.generation(ref, head.number));
    const first = base === undefined ? await own?.(ref) : undefined;
    const before = base?.content ?? first?.content ?? emptyContent;
    return { ref, base, own: first, ...changeContent(before, change) };
  }

  /**
   * What a candidate would serve.
   * @throws CompositionError or ConfigError with every problem
   */
  async read({ ref, content, texts, own, base }: Candidate): Promise<SupergraphParts> {
    const name = `the change of ${formatGraphRef(ref)}${base === undefined ? '' : ` after generation ${base.number}`}`;
    return this.#readContent(content, new Map([...(own?.texts ?? []), ...texts]), name);
  }

  /** What a generation serves. @throws CompositionError or ConfigError with every problem */
  async readGeneration(generation: PublishedGeneration): Promise<SupergraphParts> {
    const name = `generation ${generation.number} of ${formatGraphRef(generation)}`;
    return this.#readContent(generation.content, new Map(), name);
  }

  /** What the subgraphs that a candidate changes serve before; undefined: there are none. @throws as `read` */
  async readBase({ ref, base, own }: Candidate): Promise<SupergraphParts | undefined> {
    if (base !== undefined) return this.readGeneration(base);
    return own && this.#readContent(own.content, own.texts, `the configuration’s subgraphs for ${formatGraphRef(ref)}`);
  }

  /**
   * @throws RegistryError where it cannot be made, CompositionError or ConfigError with every problem where it cannot be
   * served
   */
  publish(ref: GraphRef, change: ContentChange, options: PublishOptions): Promise<Published> {
    return this.#untilMade(async () => {
      refuseCanary(ref, await this.table.head(ref));
      return this.#appendComposed(await this.candidate(ref, change), changeOf(change), options);
    });
  }

  /**
   * Publishes the content of an earlier generation again; a canary that is being served ends.
   * @param name its number or label; undefined: the one before the one that serves, or where there is a canary, what serves beside it
   */
  rollback(ref: GraphRef, name: GenerationName | undefined, author: Author): Promise<Published> {
    return this.#untilMade(async () => {
      const to = name === undefined ? undefined : await this.numberOf(ref, name);
      const head = await this.#headOf(ref);
      if (head.canary !== undefined) {
        const reason = author.message ?? 'rolled back';
        const end = { ...ref, number: head.canary.number, outcome: 'withdrawn', reason, at: Date.now() } as const;
        await this.table.endCanary({ ...end, actor: author.actor });
        if (to !== undefined && to !== head.number) return undefined;
        return { kind: 'published', generation: await this.generation(ref, head.number) };
      }
      const target = await this.generation(ref, to ?? (await this.#before(ref, head.number)));
      const base = await this.generation(ref, head.number);
      if (target.contentHash === base.contentHash) return { kind: 'unchanged', generation: base };
      const candidate = { ref, base, own: undefined, content: target.content, texts: new Map() };
      return this.#append(candidate, { kind: 'rollback', to: target.number }, author);
    });
  }

  /**
   * Publishes a generation of one variant in another.
   * @param name its number or label; undefined: the one that serves
   * @throws as `publish`
   */
  promote(from: GraphRef, to: GraphRef, options: PublishOptions, name?: GenerationName): Promise<Published> {
    return this.#untilMade(async () => {
      const number = name === undefined ? (await this.#headOf(from)).number : await this.numberOf(from, name);
      const { content } = await this.generation(from, number);
      const head = await this.table.head(to);
      refuseCanary(to, head);
      const base = head && (await this.generation(to, head.number));
      const candidate = { ref: to, base, own: undefined, content, texts: new Map() };
      return this.#appendComposed(candidate, { kind: 'promote', from: formatGraphRef(from), number }, options);
    });
  }

  /** The canary serves every request from now on. @throws RegistryError where none is served */
  promoteCanary(ref: GraphRef, { actor, message }: Author): Promise<Published> {
    return this.#inTurn(async () => {
      const { canary } = await this.#headOf(ref);
      if (canary === undefined) throw new RegistryError('NOT_FOUND', `no canary of ${formatGraphRef(ref)} is served`);
      const { number } = canary;
      const end = {
        ...ref,
        number,
        outcome: 'promoted',
        reason: message ?? 'promoted',
        at: Date.now(),
        actor,
      } as const;
      if (!(await this.table.endCanary(end))) throw new RegistryError('CONFLICT', 'the canary has ended meanwhile');
      return { kind: 'published', generation: await this.generation(ref, number) };
    });
  }

  /**
   * The supergraph of a generation, as any federation router takes it, and what clients see of it.
   * @param name its number or label; undefined: the one that serves
   * @throws RegistryError where there is none
   */
  async composed(ref: GraphRef, name?: GenerationName): Promise<ComposedSdl> {
    const number = name === undefined ? (await this.#headOf(ref)).number : await this.numberOf(ref, name);
    const generation = await this.generation(ref, number);
    const { contentHash } = generation;
    const composed = this.#composed.get(contentHash) ?? (await this.readGeneration(generation)).composition;
    return this.#remember(contentHash, composed);
  }

  /** @throws RegistryError where there is none of that number */
  async generation(ref: GraphRef, number: number): Promise<PublishedGeneration> {
    const generation = await this.table.generation(ref, number);
    if (generation !== undefined) return generation;
    throw new RegistryError('NOT_FOUND', `${formatGraphRef(ref)} has no generation ${number}`);
  }

  /** @throws RegistryError where nothing has that label */
  async numberOf(ref: GraphRef, name: GenerationName): Promise<number> {
    if (typeof name === 'number') return name;
    const labels = await this.table.labels.all(ref);
    const label = labels.find((each) => each.name === name);
    if (label !== undefined) return label.number;
    const names = labels.map((each) => each.name);
    throw new RegistryError(
      'NOT_FOUND',
      `no generation of ${formatGraphRef(ref)} has the label "${name}"${didYouMean(name, names)}`,
    );
  }

  /**
   * Gives a label to a generation, or takes it away.
   * @param generation undefined: the label goes
   * @returns the number that it had, and the one that it has
   * @throws RegistryError where there is no such generation or label
   */
  async label(ref: GraphRef, name: string, generation: GenerationName | undefined, { actor }: Author) {
    const number = generation === undefined ? undefined : await this.numberOf(ref, generation);
    if (number === undefined) await this.numberOf(ref, name);
    else await this.generation(ref, number);
    const before = await this.table.labels.move({ ...ref, name, number, at: Date.now(), actor });
    return { name, before: before ?? null, number: number ?? null };
  }

  /** Composed and read first, as a gateway would. @returns undefined: another process has published meanwhile */
  async #appendComposed(
    candidate: Candidate,
    change: GenerationChange,
    options: PublishOptions,
  ): Promise<Published | undefined> {
    const { base, content } = candidate;
    if (base !== undefined && contentHashOf(content) === base.contentHash)
      return { kind: 'unchanged', generation: base };
    const { composition } = await this.read(candidate);
    const published = await this.#append(candidate, change, options);
    if (published !== undefined) this.#remember(published.generation.contentHash, composition);
    return published;
  }

  /** @returns undefined: another process has published meanwhile */
  async #append(
    { ref, base, own, content, texts }: Candidate,
    change: GenerationChange,
    { actor, commit, message, canary }: PublishOptions,
  ): Promise<Published | undefined> {
    const note = { after: base?.number ?? 0, at: Date.now(), actor, commit, message };
    const contentHash = contentHashOf(content);
    const origin = own && { ...own, contentHash: contentHashOf(own.content) };
    const next: NextGeneration =
      origin?.contentHash === contentHash
        ? { ...ref, ...note, ...origin, change: { kind: 'import' } }
        : { ...ref, ...note, content, contentHash, texts, change, canary, origin };
    const generation = await this.table.append(next);
    return generation && { kind: 'published', generation };
  }

  async #readContent(content: GenerationContent, own: Texts, name: string): Promise<SupergraphParts> {
    const { table, folder, read } = this.#options;
    const contentFolder = await writeContentFolder(
      folder,
      content,
      async (hashes) => new Map([...own, ...(await table.texts(hashes.filter((hash) => !own.has(hash))))]),
    );
    try {
      return await read(overlayOf(content, contentFolder, name));
    } catch (error) {
      const { CompositionError } = await import('../../supergraph/index.ts');
      throw error instanceof CompositionError ? new CompositionError(withinContent(error)) : error;
    }
  }

  async #headOf(ref: GraphRef): Promise<RegistryHead> {
    const head = await this.table.head(ref);
    if (head !== undefined) return head;
    throw new RegistryError('NOT_FOUND', `nothing has been published to ${formatGraphRef(ref)} yet`);
  }

  /** The newest one before it with another content: what served before the last change. */
  async #before(ref: GraphRef, number: number): Promise<number> {
    const { contentHash } = await this.generation(ref, number);
    for (let before = number; ; ) {
      const [page, last] = [await this.table.history(ref, { limit: 50, before }), before];
      for (const generation of page) {
        if (generation.contentHash !== contentHash) return generation.number;
        before = generation.number;
      }
      if (page.length === 0 || before === last)
        throw new RegistryError('NOT_FOUND', `${formatGraphRef(ref)} has no generation before ${number}`);
    }
  }

  #remember(contentHash: string, { supergraphSdl, apiSdl }: ComposedSdl): ComposedSdl {
    const composed = { supergraphSdl, apiSdl };
    this.#composed.delete(contentHash);
    this.#composed.set(contentHash, composed);
    const [oldest] = this.#composed.keys();
    if (this.#composed.size > maxComposed && oldest !== undefined) this.#composed.delete(oldest);
    return composed;
  }

  /** A change is made again while other processes overtake it. @param attempt gives undefined where it was overtaken */
  #untilMade(attempt: () => Promise<Published | undefined>): Promise<Published> {
    return this.#inTurn(async () => {
      for (let attempts = 0; attempts < maxAttempts; attempts++) {
        const published = await attempt();
        if (published !== undefined) return published;
      }
      throw new RegistryError('CONFLICT', 'others publish faster than this change can be made: try again');
    });
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#running.then(run);
    this.#running = turn.catch(() => undefined);
    return turn;
  }
}

/** Places as `products/schema.graphql`, without the folder where the candidate is written. */
function withinContent({ problems }: CompositionError): CompositionError['problems'] {
  return problems.map((problem) => ({
    ...problem,
    message: problem.message.replaceAll(/[^\s'"(]*[\\/][0-9a-f]{64}[\\/]/g, ''),
    places: problem.places.map((place) => ({
      ...place,
      origin: place.origin.replace(/^.*[\\/][0-9a-f]{64}[\\/]/, ''),
    })),
  }));
}

function changeOf(change: ContentChange): GenerationChange {
  if (change.kind === 'delete') return { kind: 'delete', subgraphs: [...change.subgraphs] };
  if (change.kind === 'operations') return { kind: 'operations', applications: Object.keys(change.manifests) };
  const subgraphs = change.subgraphs.map(({ name }) => name);
  return { kind: 'publish', subgraphs, sections: Object.keys(change.settings ?? {}) };
}

function refuseCanary(ref: GraphRef, head: RegistryHead | undefined): void {
  if (head?.canary === undefined) return;
  const { number, percent } = head.canary;
  const message = `generation ${number} of ${formatGraphRef(ref)} is being served to ${percent} % of the requests: promote it or roll it back first`;
  throw new RegistryError('CONFLICT', message);
}
