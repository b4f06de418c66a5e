/** Whom a model call is made for: both have it among their calls once it has ended. */
import type { ModelCallRecord } from '../model-calls.ts';
import type { FieldEvent } from './field-event.ts';
import type { OperationEvent } from './request-event.ts';
import type { TraceContext } from './trace-context.ts';

export class CallEvents {
  readonly operation: OperationEvent;
  /** The AI field; undefined where a client calls the model itself. */
  readonly field: FieldEvent | undefined;

  constructor(operation: OperationEvent, field?: FieldEvent) {
    this.operation = operation;
    this.field = field;
  }

  /** Whether a call is to have its texts. */
  get hasTexts(): boolean {
    return this.operation.request.trace?.hasTexts === true;
  }

  /** What providers are told of; undefined: of none. */
  get traceForModels(): TraceContext | undefined {
    const { trace } = this.operation.request;
    return trace?.reachesModels === true ? trace : undefined;
  }

  add(call: ModelCallRecord): void {
    this.operation.modelCalls.push(call);
    this.field?.modelCalls.push(call);
  }
}
