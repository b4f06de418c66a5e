/**
 * Caches answers for questions with the same meaning. Disabled unless an alias enables it.
 *
 * Two requests share an answer only if everything except the user's last text is exactly equal (tenant, alias, target,
 * prompt and its version, schema, conversation, every parameter: the partition), if both texts have the same lexical
 * signature (`lexical-gate.ts`), and if their vectors' cosine reaches the threshold. The signature is compared first: it
 * costs microseconds, and texts are only embedded if one with the same signature is indexed. So a text that was crafted
 * to have a vector near another's does not match (cache poisoning), and most misses cost no embedding.
 *
 * The index is in memory and bounded, in each worker, which tells the others what it adds; answers are in the `AnswerCache`,
 * under the exact request that was answered, with its TTL and tags. Only text answers are returned, never tool calls.
 */
import { stableHash } from '../../../lib/index.ts';
import { noSignals, type Signals } from '../../../signals/index.ts';
import type { CallBounds, ModelAnswer, ModelRequest } from '../../model-call/index.ts';
import { withinBounds } from '../../model-call/index.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { AnswerScope } from './answer-key.ts';
import { lastQuestion } from './last-question.ts';
import { lexicalSignature } from './lexical-gate.ts';

export interface SemanticCacheOptions {
  readonly answers: AnswerCache;
  /** Vectors of texts, and the model they are from: those of two models are never compared. */
  readonly embed: (
    texts: readonly string[],
    bounds: CallBounds,
  ) => Promise<{ readonly model: string; readonly vectors: readonly Float32Array[] }>;
  /** The least cosine of two texts that share an answer. @default 0.95 */
  readonly threshold?: number;
  /** The most questions in a partition; the oldest is evicted first. @default 1_000 */
  readonly maxEntries?: number;
  /** How many partitions there are; the one not used for longest goes first. @default 200 */
  readonly maxPartitions?: number;
  /** Longer texts are only the same when they are equal. @default 2_000 */
  readonly maxCharacters?: number;
  /** Where the caches of other workers for the same alias publish and hear what is added. @default it has no others */
  readonly share?: { readonly signals: Signals; readonly topic: string };
}

export interface SemanticScope extends AnswerScope {
  /** The requested alias of `ai.models`. */
  readonly alias: string;
  /** The prompt the call was rendered from, with its version. */
  readonly prompt?: string;
}

export interface SemanticHit {
  readonly answer: ModelAnswer;
  /** The cosine of the two texts. */
  readonly similarity: number;
}

interface IndexedQuestion {
  readonly text: string;
  readonly signature: string;
  /** Under which the answer is in the `AnswerCache`. */
  readonly key: string;
  vector: { readonly model: string; readonly numbers: Float32Array } | undefined;
}

interface Partition {
  /** By their key, oldest first. */
  readonly questions: Map<string, IndexedQuestion>;
  readonly bySignature: Map<string, Set<IndexedQuestion>>;
}

interface Question {
  readonly text: string;
  readonly signature: string;
  readonly partition: string;
  readonly key: string;
}

/** The bound of texts with the same signature that are compared, the newest ones. */
const maxCompared = 8;

export class SemanticCache {
  readonly #options: Required<Omit<SemanticCacheOptions, 'share'>>;
  readonly #publish: (question: Question) => void;
  readonly #unsubscribe: () => void;
  /** The one used last is the last. */
  readonly #partitions = new Map<string, Partition>();

  constructor({ share = { signals: noSignals, topic: '' }, ...options }: SemanticCacheOptions) {
    const { signals, topic } = share;
    this.#publish = (question) => signals.publish(topic, question);
    // Of this version of the gateway, in this process: a question as it was published.
    this.#unsubscribe = signals.subscribe(topic, (question) => this.#add(question as Question));
    this.#options = { threshold: 0.95, maxEntries: 1_000, maxPartitions: 200, maxCharacters: 2_000, ...options };
  }

  /** The number of indexed questions. */
  get size(): number {
    let size = 0;
    for (const { questions } of this.#partitions.values()) size += questions.size;
    return size;
  }

  /**
   * Finds the answer to a question with the same meaning. To be called after a miss of the exact cache.
   *
   * @returns undefined also if texts could not be embedded in time; rejects only with the signal's reason
   */
  async find(request: ModelRequest, scope: SemanticScope, bounds: CallBounds): Promise<SemanticHit | undefined> {
    const question = this.#read(request, scope);
    if (question === undefined) return undefined;
    const partition = this.#use(question.partition);
    const alike = partition?.bySignature.get(question.signature);
    if (partition === undefined || alike === undefined) return undefined;
    for (const { question: indexed, similarity } of await this.#compare(
      question.text,
      [...alike].slice(-maxCompared),
      bounds,
    )) {
      const answer = await this.#options.answers.read(indexed.key);
      if (answer !== undefined && isText(answer)) return { answer, similarity };
      remove(partition, indexed);
    }
    return undefined;
  }

  /** Adds the question to the index, after its answer was added to the `AnswerCache`. */
  put(request: ModelRequest, scope: SemanticScope): void {
    const question = this.#read(request, scope);
    if (question === undefined) return;
    this.#add(question);
    this.#publish(question);
  }

  /** Hears of the others' questions no more. */
  close(): void {
    this.#unsubscribe();
  }

  #add(question: Question): void {
    const { text, signature, key } = question;
    const partition = this.#use(question.partition) ?? this.#begin(question.partition);
    const previous = partition.questions.get(key);
    if (previous !== undefined) remove(partition, previous);
    const indexed: IndexedQuestion = { text, signature, key, vector: previous?.vector };
    partition.questions.set(key, indexed);
    const alike = partition.bySignature.get(signature);
    if (alike === undefined) partition.bySignature.set(signature, new Set([indexed]));
    else alike.add(indexed);
    const [oldest] = partition.questions.values();
    if (partition.questions.size > this.#options.maxEntries && oldest !== undefined) remove(partition, oldest);
  }

  #read(request: ModelRequest, scope: SemanticScope): Question | undefined {
    const key = this.#options.answers.keyOf(request, scope);
    const question = lastQuestion(request);
    if (key === undefined || question === undefined || question.text.length > this.#options.maxCharacters)
      return undefined;
    const signature = lexicalSignature(question.text);
    if (signature === '') return undefined;
    const { alias, prompt, target, structured, tenant, scope: further } = scope;
    const partitionScope = [alias, prompt ?? null, target, structured, tenant ?? null, further ?? ''];
    return { text: question.text, signature, partition: stableHash([partitionScope, question.remainder]), key };
  }

  /** Those that are near enough, the nearest first. */
  async #compare(
    text: string,
    alike: readonly IndexedQuestion[],
    bounds: CallBounds,
  ): Promise<readonly { readonly question: IndexedQuestion; readonly similarity: number }[]> {
    const unembedded = alike.filter(({ vector, text: other }) => vector === undefined && other !== text);
    const vectors = await this.#embed([text, ...unembedded.map((question) => question.text)], bounds);
    if (vectors === undefined) return [];
    const [vector, ...others] = vectors.numbers;
    for (const [index, question] of unembedded.entries()) {
      const numbers = others[index];
      if (numbers !== undefined) question.vector = { model: vectors.model, numbers };
    }
    const near: { question: IndexedQuestion; similarity: number }[] = [];
    for (const question of alike) {
      const similarity = question.text === text ? 1 : similarityOf(vector, question, vectors.model);
      if (similarity >= this.#options.threshold) near.push({ question: question, similarity });
    }
    return near.sort((a, b) => b.similarity - a.similarity);
  }

  async #embed(
    texts: readonly string[],
    bounds: CallBounds,
  ): Promise<{ readonly model: string; readonly numbers: readonly Float32Array[] } | undefined> {
    try {
      const { model, vectors } = await withinBounds(bounds, () => this.#options.embed(texts, bounds));
      return vectors.length === texts.length ? { model, numbers: vectors } : undefined;
    } catch {
      bounds.signal.throwIfAborted();
      return undefined;
    }
  }

  #use(key: string): Partition | undefined {
    const partition = this.#partitions.get(key);
    if (partition === undefined) return undefined;
    this.#partitions.delete(key);
    this.#partitions.set(key, partition);
    return partition;
  }

  #begin(key: string): Partition {
    const partition: Partition = { questions: new Map(), bySignature: new Map() };
    this.#partitions.set(key, partition);
    const [oldest] = this.#partitions.keys();
    if (this.#partitions.size > this.#options.maxPartitions && oldest !== undefined) this.#partitions.delete(oldest);
    return partition;
  }
}

function remove(partition: Partition, question: IndexedQuestion): void {
  if (partition.questions.get(question.key) === question) partition.questions.delete(question.key);
  const alike = partition.bySignature.get(question.signature);
  alike?.delete(question);
  if (alike?.size === 0) partition.bySignature.delete(question.signature);
}

function isText(answer: ModelAnswer): boolean {
  return answer.finishReason === 'stop' && answer.content.every(({ type }) => type !== 'tool_call');
}

/** The cosine; less than any where the vectors cannot be compared. The vector of another model is recomputed next time. */
function similarityOf(vector: Float32Array | undefined, question: IndexedQuestion, model: string): number {
  const indexed = question.vector;
  if (vector === undefined || indexed === undefined) return -1;
  if (indexed.model !== model || indexed.numbers.length !== vector.length) {
    question.vector = undefined;
    return -1;
  }
  let dot = 0;
  let vectorSquared = 0;
  let indexedSquared = 0;
  for (let index = 0; index < vector.length; index++) {
    const a = vector[index] ?? 0;
    const b = indexed.numbers[index] ?? 0;
    dot += a * b;
    vectorSquared += a * a;
    indexedSquared += b * b;
  }
  const cosine = dot / Math.sqrt(vectorSquared * indexedSquared);
  return Number.isFinite(cosine) ? cosine : -1;
}
