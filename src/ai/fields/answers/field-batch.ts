/**
 * Resolves the fields of several entities in one model call, if the prompt has `batch: { max: n }`: its instructions are
 * paid for once. The answer is split by the items' ids and parsed item by item. An item that is missing, ambiguous or
 * does not fit its type is requested separately; so are all items if no model supports this form.
 *
 * One answer is generated from all items' texts, so an item's text can influence the others: batch only data of one
 * source.
 */

import { GatewayError } from '../../../errors/index.ts';
import { Aborter, addAbortListener, removeAbortListener } from '../../../lib/index.ts';
import { type Completion, type Message, textOf, type Usage } from '../../model-call/index.ts';
import type { ModelClient } from '../../models/index.ts';
import { addUsage, askModel, toAnswer } from './ask-model.ts';
import { batchRequest, joinMessages, splitByItem } from './batch-form.ts';
import type { FieldAnswer, FieldBounds, FieldQuestion, Provenance } from './field-question.ts';
import { isWithinBound } from './fit-input.ts';
import { ask, refuseLeaks, requestOf } from './question-call.ts';

interface Waiting {
  readonly question: FieldQuestion;
  readonly bounds: FieldBounds;
  readonly settle: PromiseWithResolvers<FieldAnswer>;
}

/** An item to be requested separately, whether a call has been made for it, and its share of that call. */
interface UnansweredItem {
  readonly item: Waiting;
  readonly isRequested: boolean;
  readonly spent: Provenance | undefined;
}

/** Failures after which asking for each item alone may succeed; any other would only be repeated n times. */
const retriableCodes: ReadonlySet<string> = new Set([
  'AI_REQUEST_UNSUPPORTED',
  'AI_REQUEST_INVALID',
  'AI_CONTEXT_WINDOW_EXCEEDED',
  'AI_INPUT_BLOCKED',
  'AI_OUTPUT_INVALID',
  'AI_OUTPUT_REFUSED',
]);

export class BatchedQuestions {
  readonly #models: ModelClient;
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(models: ModelClient) {
    this.#models = models;
  }

  /** Waits only for questions of the same turn of the event loop. */
  ask(question: FieldQuestion, bounds: FieldBounds): Promise<FieldAnswer> {
    const { prompt, alias, output, maxOutputTokens, caller, account } = question;
    const key = JSON.stringify([prompt.hash, prompt.name, alias, output.hash, maxOutputTokens, caller, account?.id]);
    let waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      waiting = [];
      this.#waiting.set(key, waiting);
      // The second turn: a remote cache answers in the first.
      setImmediate(() => setImmediate(() => this.#flush(key)));
    }
    const settle = Promise.withResolvers<FieldAnswer>();
    waiting.push({ question, bounds, settle });
    return settle.promise;
  }

  #flush(key: string): void {
    const waiting = (this.#waiting.get(key) ?? []).filter(({ bounds }) => !bounds.signal.aborted);
    this.#waiting.delete(key);
    const max = waiting[0]?.question.prompt.batch?.max ?? 1;
    for (let start = 0; start < waiting.length; start += max) void this.#answer(waiting.slice(start, start + max));
  }

  async #answer(items: readonly Waiting[]): Promise<void> {
    const unanswered = items.length === 1 ? allOf(items) : await this.#answerTogether(items);
    for (const { item, isRequested, spent } of unanswered) {
      const { question, bounds, settle } = item;
      askModel(this.#models, question, bounds, !isRequested).then(
        (answer) => settle.resolve(withUsage(answer, spent)),
        settle.reject,
      );
    }
  }

  /** @returns the items that have to be requested separately */
  async #answerTogether(items: readonly Waiting[]): Promise<readonly UnansweredItem[]> {
    const everyone = joinBounds(items.map(({ bounds }) => bounds));
    let completion: Completion | undefined;
    let isRequested = false;
    try {
      const rendered = await Promise.all(
        items.map(async ({ question: { prompt, values } }) => await prompt.render(values)),
      );
      // An item whose prompt is empty gets its error when it is requested separately.
      if (rendered.some(({ length }) => length === 0)) return allOf(items);
      const isLong = items.map(
        ({ question }, index) => !isWithinBound(question, requestOf(question, rendered[index] ?? [])),
      );
      if (isLong.includes(true)) {
        const short = items.filter((_item, index) => isLong[index] !== true);
        const long = items.filter((_item, index) => isLong[index] === true);
        return [...allOf(long), ...(short.length > 1 ? await this.#answerTogether(short) : allOf(short))];
      }
      const joined = joinMessages(rendered);
      const [first] = items;
      if (joined === undefined || first === undefined) return allOf(items);
      const { messages, ids } = joined;
      const request = batchRequest(first.question, joined);
      const planned = items.map(({ question }) => question.coordinate);
      isRequested = true;
      completion = await ask(this.#models, first.question, request, everyone, planned);
      const text = textOf(completion);
      refuseLeaks(request.output, messages, text);
      const answers = splitByItem(text, ids);
      const unanswered: UnansweredItem[] = [];
      for (const [index, item] of items.entries()) {
        const provenance = provenanceOf(item, completion, items.length, index);
        const answer = answers.get(index);
        const texts = { messages: messagesOfItem(messages, items.length, index), answer: JSON.stringify(answer) ?? '' };
        if (!settleItem(item, answer, { ...provenance, texts }))
          unanswered.push({ item, isRequested, spent: provenance });
      }
      return unanswered;
    } catch (error) {
      if (error instanceof GatewayError && retriableCodes.has(error.code)) return allOf(items, isRequested, completion);
      for (const { settle } of items) settle.reject(error);
      return [];
    } finally {
      everyone.end();
    }
  }
}

function allOf(items: readonly Waiting[], isRequested = false, spentOn?: Completion): readonly UnansweredItem[] {
  return items.map((item, index) => ({
    item,
    isRequested,
    spent: spentOn === undefined ? undefined : provenanceOf(item, spentOn, items.length, index),
  }));
}

/** The cost of a shared call is reported even if it answered nothing: the fields' costs add up to the total. */
function withUsage(answer: FieldAnswer, spent: Provenance | undefined): FieldAnswer {
  if (spent === undefined) return answer;
  const { provenance } = answer;
  const usage =
    provenance.usage === undefined || spent.usage === undefined
      ? provenance.usage
      : addUsage(provenance.usage, spent.usage);
  return {
    ...answer,
    provenance: {
      ...provenance,
      costNanoUsd: provenance.costNanoUsd + spent.costNanoUsd,
      usage,
      attempts: provenance.attempts + spent.attempts,
      durationMs: provenance.durationMs + spent.durationMs,
    },
  };
}

/** The shared messages and the item's: its neighbours' texts may belong to other clients. */
function messagesOfItem(messages: readonly Message[], count: number, index: number): readonly Message[] {
  const place = messages.length - count + index;
  return [...messages.slice(0, -count), ...messages.slice(place, place + 1)];
}

/** @returns whether the item's part of the answer could be used */
function settleItem({ question, settle }: Waiting, value: unknown, provenance: Provenance): boolean {
  if (value === undefined) return false;
  const reading = question.output.readValue(value);
  if (reading.kind !== 'valid') return false;
  settle.resolve(toAnswer(reading, provenance));
  return true;
}

/** Each item has an equal share; the first also has the remainder. */
function provenanceOf({ question }: Waiting, completion: Completion, count: number, index: number): Provenance {
  const share = (tokens: number): number => {
    const each = Math.floor(tokens / count);
    return index === 0 ? tokens - each * (count - 1) : each;
  };
  const each = completion.costNanoUsd / BigInt(count);
  const { usage } = completion;
  const itemUsage: Usage = {
    inputTokens: share(usage.inputTokens),
    outputTokens: share(usage.outputTokens),
    source: usage.source,
  };
  return {
    model: completion.model,
    prompt: question.prompt.name,
    cached: completion.cache === 'exact' || completion.cache === 'shared' ? completion.cache : false,
    costNanoUsd: index === 0 ? completion.costNanoUsd - each * BigInt(count - 1) : each,
    usage: itemUsage,
    attempts: completion.attempts,
    durationMs: completion.durationMs,
    batch: count,
  };
}

/** Bounds that end when those of every item have ended: a client that disconnects does not end another's answer. */
function joinBounds(all: readonly FieldBounds[]): FieldBounds & { end(): void } {
  const controller = new Aborter();
  let remaining = all.length;
  const leave = (): void => {
    remaining--;
    if (remaining === 0) controller.abort(all[0]?.signal.reason);
  };
  for (const { signal } of all) addAbortListener(signal, leave);
  const [first] = all as readonly [FieldBounds];
  const deadline = all.reduce(
    (latest, { deadline }) => (deadline.remainingMs > latest.remainingMs ? deadline : latest),
    first.deadline,
  );
  return {
    signal: controller,
    deadline,
    account: first.account,
    events: first.events,
    end: () => {
      for (const { signal } of all) removeAbortListener(signal, leave);
    },
  };
}
