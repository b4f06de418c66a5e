import { GatewayError } from '../../errors/index.ts';
import type { CallBounds, Embeddings, ModelAnswer, ModelProvider, ModelRequest } from './model.ts';
import { formatModelReference, type ModelReference } from './model-reference.ts';
import { deadlinePassed, withinBounds } from './within-bounds.ts';

/** Where a fallback is told; a pino logger fits. */
export interface ModelLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface ModelClientOptions {
  /** The providers of `ai.providers`, by name. The client closes them. */
  readonly providers: ReadonlyMap<string, ModelProvider>;
  /** The aliases of `ai.models`, each to its targets in order; targets without a key are already left out. */
  readonly aliases:
    | ReadonlyMap<string, readonly ModelReference[]>
    | Readonly<Record<string, readonly ModelReference[]>>;
  readonly log: ModelLog;
}

/** Which model an answer came from. */
export interface Answered {
  /** The reference of the target that answered, `<provider>/<model id>`. */
  readonly model: string;
  /** How many targets were tried, the one that answered included. */
  readonly attempts: number;
}

export interface ModelClient {
  complete(alias: string, request: ModelRequest, bounds: CallBounds): Promise<ModelAnswer & Answered>;
  /** The vectors of two models cannot be compared: hold on to `model` beside every vector that is kept. */
  embed(alias: string, texts: readonly string[], bounds: CallBounds): Promise<Embeddings & Answered>;
  /** Whether the alias is known and has a target left. */
  has(alias: string): boolean;
  close(): Promise<void>;
}

/**
 * Asks the targets of an alias in order and gives the first answer. A refusal, or an answer cut short by a content
 * filter, is an answer: another model is not asked to say what one would not.
 *
 * Throws `AI_MODEL_UNAVAILABLE` with every target's reason in `detail` when none answers before the deadline, and for
 * an unknown alias. Rejects with the signal's reason when the signal aborts, and then asks nobody else.
 */
export function createModelClient(options: ModelClientOptions): ModelClient {
  const { providers, log } = options;
  const aliases = options.aliases instanceof Map ? options.aliases : new Map(Object.entries(options.aliases));

  async function firstAnswer<Answer>(
    alias: string,
    bounds: CallBounds,
    ask: (provider: ModelProvider, model: string) => Promise<Answer>,
  ): Promise<Answer & Answered> {
    const targets = aliases.get(alias);
    if (targets === undefined) throw unavailable(`there is no model alias "${alias}"`);
    if (targets.length === 0) throw unavailable(`no target of the alias "${alias}" has a key`);
    const reasons: string[] = [];
    let lastFailure: unknown;
    for (const [index, target] of targets.entries()) {
      const model = formatModelReference(target);
      try {
        const provider = providers.get(target.provider);
        if (provider === undefined) throw unavailable(`there is no provider "${target.provider}"`);
        const answer = await withinBounds(bounds, () => ask(provider, target.model));
        return { ...answer, model, attempts: index + 1 };
      } catch (error) {
        bounds.signal.throwIfAborted();
        if (!(error instanceof GatewayError) || error.code !== 'AI_MODEL_UNAVAILABLE') throw error;
        lastFailure = error;
        reasons.push(`${model}: ${error.detail ?? error.message}`);
        if (bounds.deadline.passed) break;
        if (index + 1 < targets.length)
          log.warn({ alias, model, reason: error.detail }, 'a model failed; asking the next');
      }
    }
    const late = bounds.deadline.passed ? `${deadlinePassed().detail}; ` : '';
    throw unavailable(`${alias}: ${late}${reasons.join('; ')}`, lastFailure);
  }

  return {
    complete: (alias, request, bounds) =>
      firstAnswer(alias, bounds, (provider, model) => provider.complete(model, request, bounds)),
    embed: (alias, texts, bounds) =>
      firstAnswer(alias, bounds, (provider, model) => provider.embed(model, texts, bounds)),
    has: (alias) => (aliases.get(alias)?.length ?? 0) > 0,
    close: async () => {
      await Promise.all(Array.from(providers.values(), (provider) => provider.close()));
    },
  };
}

function unavailable(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('AI_MODEL_UNAVAILABLE', { detail, cause });
}
