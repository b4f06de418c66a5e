/** The events of the AI fields that one request to a subgraph asks for: each is about all its items together. */
import { GatewayError } from '../../../errors/index.ts';
import { CallEvents, type FetchEvent, FieldEvent, type OperationEvent } from '../../../observability/index.ts';
import type { FieldAnswer } from './field-question.ts';

/** Codes of a field that are kept; further failures are counted. */
const maxCodes = 8;

type CallsOfField = CallEvents & { readonly field: FieldEvent };

export class FieldEvents {
  readonly #operation: OperationEvent;
  readonly #fetch: FetchEvent;
  readonly #fields: CallsOfField[] = [];

  constructor(operation: OperationEvent, fetch: FetchEvent) {
    this.#operation = operation;
    this.#fetch = fetch;
  }

  /** One more item of the field. @param coordinate `Type.field` */
  begin(coordinate: string): CallsOfField {
    let events = this.#fields.find(({ field }) => field.field === coordinate);
    if (events === undefined) {
      const field = new FieldEvent(coordinate, performance.now());
      this.#fetch.addField(field);
      events = new CallEvents(this.#operation, field) as CallsOfField;
      this.#fields.push(events);
    }
    events.field.items++;
    return events;
  }
}

export function endItem(field: FieldEvent, { provenance, isComplete }: FieldAnswer): void {
  field.ended = performance.now();
  if (provenance.cached !== false) field.cachedItems++;
  if (!isComplete) addFailure(field, 'AI_OUTPUT_INVALID');
}

export function failItem(field: FieldEvent, error: unknown): void {
  field.ended = performance.now();
  addFailure(field, error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR');
}

function addFailure(field: FieldEvent, code: string): void {
  field.failedItems++;
  if (field.codes.length < maxCodes && !field.codes.includes(code)) field.codes.push(code);
}
