/**
 * Custom code of an AI subgraph: a TypeScript module beside its schema that supplies further inputs of a field's prompt,
 * or works on the model's answer. Everything else (caching, batching, validation, prices) stays Isthmus's.
 */
import type { Soon } from '../../../cache/index.ts';
import { GatewayError } from '../../../errors/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import type { Inputs } from '../answers/sensitive.ts';

/** What a field's code is called with. Types of a schema's own fields: `isthmus types`. */
export interface FieldCodeCall<Entity = Inputs, Arguments = Inputs> {
  /** The entity's key fields and what `@requires` reads; personal data is masked. */
  readonly entity: Entity;
  readonly args: Arguments;
  /** Aborts when nobody waits for the field any more. */
  readonly signal: AbortSignal;
}

/** The code of one field. What it throws makes the field null, with `INTERNAL_SERVER_ERROR` and a line in the log. */
export interface FieldCode<Entity = Inputs, Arguments = Inputs, Value = unknown> {
  /** The variables of the prompt that `inputs` supplies. */
  readonly variables?: readonly string[];
  /** Further variables of the prompt. Part of what the answer is cached by, so it should say the same for the same data. */
  inputs?(call: FieldCodeCall<Entity, Arguments>): Soon<Inputs>;
  /**
   * Works on a valid answer before it is kept. What it returns is held to the field's type as a model's answer is: where
   * it does not fit, it is null with `AI_OUTPUT_INVALID` there, and nothing is kept.
   */
  finish?(value: Value, call: FieldCodeCall<Entity, Arguments>): Soon<Value>;
}

/** The code of an AI subgraph's fields, by coordinate `Type.field`. */
export interface SubgraphCode {
  /** Of the module's source: an edit renews what was made by it. */
  readonly hash: string;
  readonly fields: ReadonlyMap<string, FieldCode>;
}

/** What code gives in time. It may not look at its signal: whoever waits for it does. */
export function withinCallBounds<Value>(result: Promise<Value>, { signal, deadline }: CallBounds): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    const onTimeout = (): void =>
      reject(new GatewayError('GATEWAY_TIMEOUT', { detail: 'the field’s code took too long' }));
    const timer = setTimeout(onTimeout, deadline.remainingMs);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
  });
}
