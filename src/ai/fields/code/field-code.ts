/**
 * Custom code of an AI subgraph: a TypeScript module beside its schema that supplies additional inputs for a field's prompt
 * or post-processes the model's answer. Isthmus does everything else (caching, batching, validation, prices).
 */

import type { Soon } from '../../../cache/index.ts';
import { GatewayError } from '../../../errors/index.ts';
import { addAbortListener, CallbackEntry, removeAbortListener, timerWheel } from '../../../lib/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import type { Inputs } from '../answers/sensitive.ts';

/** The argument of a field's code. `isthmus types` generates its type parameters from the schema. */
export interface FieldCodeCall<Entity = Inputs, Arguments = Inputs> {
  /** The entity's key fields and what `@requires` reads; personal data is masked. */
  readonly entity: Entity;
  readonly args: Arguments;
  /** Aborts when the field's result is no longer needed. */
  readonly signal: AbortSignal;
}

/** The code of one field. If it throws, the field is null with `INTERNAL_SERVER_ERROR`, and the error is logged. */
export interface FieldCode<Entity = Inputs, Arguments = Inputs, Value = unknown> {
  /** The variables of the prompt that `inputs` supplies. */
  readonly variables?: readonly string[];
  /** Additional variables of the prompt. They are part of the cache key, so the same data should give the same result. */
  inputs?(call: FieldCodeCall<Entity, Arguments>): Soon<Inputs>;
  /**
   * Post-processes a valid answer before it is cached. The result is validated against the field's type, as a model's
   * answer is: a part that does not fit is null with `AI_OUTPUT_INVALID`, and nothing is cached.
   */
  finish?(value: Value, call: FieldCodeCall<Entity, Arguments>): Soon<Value>;
}

/** The code of an AI subgraph's fields, by coordinate `Type.field`. */
export interface SubgraphCode {
  /** Hash of the module's source: an edit invalidates the answers cached with the previous version. */
  readonly hash: string;
  readonly fields: ReadonlyMap<string, FieldCode>;
}

/** Rejects when the signal aborts or the deadline passes: custom code may ignore its signal. */
export function withinCallBounds<Value>(result: Promise<Value>, { signal, deadline }: CallBounds): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    const atDeadline = new CallbackEntry(() =>
      reject(new GatewayError('GATEWAY_TIMEOUT', { detail: 'the field’s code took too long' })),
    );
    timerWheel.add(atDeadline, deadline.remainingMs);
    if (signal.aborted) onAbort();
    addAbortListener(signal, onAbort);
    result.then(resolve, reject).finally(() => {
      timerWheel.remove(atDeadline);
      removeAbortListener(signal, onAbort);
    });
  });
}
