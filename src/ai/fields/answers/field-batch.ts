/**
 * Asks a model for several entities' fields in one call, where the prompt says `batch: { max: n }`: the instructions
 * are paid for once. The answer is split by what identifies each item and read item by item. An item that is
 * missing, doubtful or does not fit is asked for alone; so are all, where no model can answer in this form. One answer is written from all items' texts, so an
 * item's text can colour its neighbours': batch what comes from one source.
 */
import { GatewayError } from '../../../errors/index.ts';
import { type CallBounds, type Completion, type Message, textOf, type Usage } from '../../model-call/index.ts';
import type { ModelClient } from '../../models/index.ts';
import { addUsage, ask, askModel, refuseLeaks, toAnswer } from './ask-model.ts';
import { batchRequest, joinMessages, splitByItem } from './batch-form.ts';
import type { FieldAnswer, FieldQuestion, Told } from './field-question.ts';

interface Waiting {
  readonly question: FieldQuestion;
  readonly bounds: CallBounds;
  readonly settle: PromiseWithResolvers<FieldAnswer>;
}

/** An item that has to be asked for alone, and its share of the call that did not answer it. */
interface Left {
  readonly item: Waiting;
  readonly spent: Told | undefined;
}

/** Failures that asking for each item alone may mend; any other would only be met again n times. */
const mendedAlone: ReadonlySet<string> = new Set([
  'AI_REQUEST_UNSUPPORTED',
  'AI_REQUEST_INVALID',
  'AI_CONTEXT_WINDOW_EXCEEDED',
  'AI_INPUT_BLOCKED',
  'AI_OUTPUT_INVALID',
  'AI_OUTPUT_REFUSED',
]);

export class BatchedAsks {
  readonly #models: ModelClient;
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(models: ModelClient) {
    this.#models = models;
  }

  /** Waits for the questions that are asked in the same turn of the event loop, and no longer. */
  ask(question: FieldQuestion, bounds: CallBounds): Promise<FieldAnswer> {
    const { prompt, alias, output, maxOutputTokens, caller } = question;
    const key = JSON.stringify([prompt.hash, prompt.name, alias, output.hash, maxOutputTokens, caller]);
    let waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      waiting = [];
      this.#waiting.set(key, waiting);
      // The second turn: a cache that is asked over the network answers in the first.
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
    const left = items.length === 1 ? allOf(items) : await this.#answerTogether(items);
    for (const { item, spent } of left) {
      const { question, bounds, settle } = item;
      askModel(this.#models, question, bounds).then(
        (answer) => settle.resolve(withSpent(answer, spent)),
        settle.reject,
      );
    }
  }

  /** @returns the items that have to be asked for alone */
  async #answerTogether(items: readonly Waiting[]): Promise<readonly Left[]> {
    const everyone = joinBounds(items.map(({ bounds }) => bounds));
    let completion: Completion | undefined;
    try {
      const rendered = await Promise.all(
        items.map(async ({ question: { prompt, values } }) => await prompt.render(values)),
      );
      // An item without a text is no question: asked for alone, it is told so.
      if (rendered.some(({ length }) => length === 0)) return allOf(items);
      const joined = joinMessages(rendered);
      const [first] = items;
      if (joined === undefined || first === undefined) return allOf(items);
      const { messages, ids } = joined;
      const request = batchRequest(first.question, joined);
      completion = await ask(this.#models, first.question, request, everyone);
      const text = textOf(completion);
      refuseLeaks(request.output, messages, text);
      const answers = splitByItem(text, ids);
      const left: Left[] = [];
      for (const [index, item] of items.entries()) {
        const told = tellOf(item, completion, items.length, index);
        const answer = answers.get(index);
        const texts = { messages: ownMessages(messages, items.length, index), answer: JSON.stringify(answer) ?? '' };
        if (!settleItem(item, answer, { ...told, texts })) left.push({ item, spent: told });
      }
      return left;
    } catch (error) {
      if (error instanceof GatewayError && mendedAlone.has(error.code)) return allOf(items, completion);
      for (const { settle } of items) settle.reject(error);
      return [];
    } finally {
      everyone.end();
    }
  }
}

function allOf(items: readonly Waiting[], spentOn?: Completion): readonly Left[] {
  return items.map((item, index) => ({
    item,
    spent: spentOn === undefined ? undefined : tellOf(item, spentOn, items.length, index),
  }));
}

/** What a shared call cost is told even where it answered nothing: the fields' costs add up to what was spent. */
function withSpent(answer: FieldAnswer, spent: Told | undefined): FieldAnswer {
  if (spent === undefined) return answer;
  const { told } = answer;
  const usage = told.usage === undefined || spent.usage === undefined ? told.usage : addUsage(told.usage, spent.usage);
  return {
    ...answer,
    told: {
      ...told,
      costNanoUsd: told.costNanoUsd + spent.costNanoUsd,
      usage,
      attempts: told.attempts + spent.attempts,
      durationMs: told.durationMs + spent.durationMs,
    },
  };
}

/** What all items share, and the item's own: its neighbours' texts may be other clients'. */
function ownMessages(messages: readonly Message[], count: number, index: number): readonly Message[] {
  const own = messages.length - count + index;
  return [...messages.slice(0, -count), ...messages.slice(own, own + 1)];
}

/** @returns whether the item's part of the answer could be used */
function settleItem({ question, settle }: Waiting, value: unknown, told: Told): boolean {
  if (value === undefined) return false;
  const reading = question.output.readValue(value);
  if (reading.kind !== 'valid') return false;
  settle.resolve(toAnswer(reading, told));
  return true;
}

/** Each item bears its share; what does not divide is the first one's. */
function tellOf({ question }: Waiting, completion: Completion, count: number, index: number): Told {
  const share = (tokens: number): number => {
    const each = Math.floor(tokens / count);
    return index === 0 ? tokens - each * (count - 1) : each;
  };
  const each = completion.costNanoUsd / BigInt(count);
  const { usage } = completion;
  const own: Usage = {
    inputTokens: share(usage.inputTokens),
    outputTokens: share(usage.outputTokens),
    source: usage.source,
  };
  return {
    model: completion.model,
    prompt: question.prompt.name,
    cached: completion.cache === 'exact' || completion.cache === 'shared' ? completion.cache : false,
    costNanoUsd: index === 0 ? completion.costNanoUsd - each * BigInt(count - 1) : each,
    usage: own,
    attempts: completion.attempts,
    durationMs: completion.durationMs,
    batch: count,
  };
}

/** Bounds that end when those of every item have ended: one client that leaves does not end another's answer. */
function joinBounds(all: readonly CallBounds[]): CallBounds & { end(): void } {
  const controller = new AbortController();
  let left = all.length;
  const leave = (): void => {
    left--;
    if (left === 0) controller.abort(all[0]?.signal.reason);
  };
  for (const { signal } of all) signal.addEventListener('abort', leave, { once: true });
  const [first] = all as readonly [CallBounds];
  const deadline = all.reduce(
    (latest, one) => (one.deadline.remainingMs > latest.remainingMs ? one.deadline : latest),
    first.deadline,
  );
  return {
    signal: controller.signal,
    deadline,
    end: () => {
      for (const { signal } of all) signal.removeEventListener('abort', leave);
    },
  };
}
