/**
 * Normalises a stream of the responses wire that is passed through. OpenAI's own client fails for an unknown event, an
 * id that changes (GitHub Copilot changes all ids with every event), or a delta of an item or part that was never
 * added. A well-formed event passes byte for byte; missing events are inserted before it; changed ids are replaced by
 * the first ones; events that are not part of the wire are skipped.
 */
import { newId } from '../../../lib/index.ts';
import type { JsonObject } from '../../model-call/index.ts';
import { arrayOf, recordOf, textIn } from '../../model-call/index.ts';
import { isItemEvent, lifecycleEvents, type PartEvents, partEvents, statusOf } from './responses-events.ts';

interface StreamedItem {
  readonly index: number;
  readonly id: string;
  readonly type: string;
  readonly callId: string | undefined;
  /** The indexes of parts that were added: contents as they are, summaries negative. */
  readonly parts: Set<number>;
  /** The completed item. */
  whole: JsonObject | undefined;
}

const nothing: readonly string[] = [];

export class ResponsesNormaliser {
  #id = '';
  readonly #items = new Map<number, StreamedItem>();
  /** By the id in the item's first event. */
  readonly #byId = new Map<string, StreamedItem>();
  #latest: StreamedItem | undefined;

  /** Whether a stream that begins with this event can be passed through. */
  static begins(type: string, event: JsonObject): boolean {
    const { id, output } = recordOf(event.response);
    return type === 'response.created' && textIn(id) !== undefined && Array.isArray(output);
  }

  /**
   * @param data the event's data
   * @param event `data`, parsed
   * @param callId the id of the call that the event begins
   * @returns the data to pass through, in order
   */
  pass(data: string, type: string, event: JsonObject, callId: string | undefined): readonly string[] {
    if (lifecycleEvents.has(type)) return this.#lifecycle(data, type, event);
    if (type === 'response.output_item.added') return this.#added(data, event, callId);
    if (type === 'response.output_item.done') return this.#done(data, event, callId);
    if (!isItemEvent(type)) return nothing;
    const part = partEvents.get(type);
    return this.#isWellFormed(type, event, part) ? [data] : this.normalised(type, event, part);
  }

  #isWellFormed(type: string, event: JsonObject, part: PartEvents | undefined): boolean {
    const open = this.#itemAt(event.output_index);
    if (open === undefined || open.id !== event.item_id || event.type !== type) return false;
    if (part !== undefined) return open.parts.has(placeOf(part, event));
    if (!isBegin(type)) return true;
    const place = begunPlace(type, event);
    if (open.parts.has(place)) return false;
    open.parts.add(place);
    return true;
  }

  #lifecycle(data: string, type: string, event: JsonObject): readonly string[] {
    const response = recordOf(event.response);
    const status = statusOf(type, response);
    this.#id ||= textIn(response.id) ?? '';
    const output = arrayOf(response.output);
    const isWellFormed = output.every((item, index) => this.#hasKnownIds(index, recordOf(item)));
    const isNamed = response.id === this.#id && response.object === 'response' && response.status === status;
    const isReported = Array.isArray(response.output) && (output.length > 0 || status === 'in_progress');
    if (isNamed && isWellFormed && event.type === type && (isReported || this.#items.size === 0)) return [data];
    const items = isReported
      ? output.map((item, index) => this.#named(recordOf(item), this.#items.get(index)))
      : this.#ended();
    const whole = { ...response, id: this.#id, object: 'response', status, output: items };
    return [JSON.stringify({ ...event, type, response: whole })];
  }

  /** The completed items, for a final event that does not repeat them. */
  #ended(): readonly JsonObject[] {
    const inOrder = [...this.#items.values()].sort((first, second) => first.index - second.index);
    return inOrder.flatMap(({ whole }) => (whole === undefined ? [] : [whole]));
  }

  #added(data: string, event: JsonObject, callId: string | undefined): readonly string[] {
    const item = recordOf(event.item);
    const index = this.#indexOf(event.output_index);
    if (textIn(item.type) === undefined || this.#items.has(index)) return nothing;
    const open = this.#begin(index, item, callId);
    const isWellFormed = event.output_index === index && this.#hasKnownIds(index, item);
    if (isWellFormed && textIn(event.type) !== undefined) return [data];
    const namedItem = this.#named(item, open);
    return [JSON.stringify({ ...event, type: 'response.output_item.added', output_index: index, item: namedItem })];
  }

  #done(data: string, event: JsonObject, callId: string | undefined): readonly string[] {
    const type = 'response.output_item.done';
    const item = recordOf(event.item);
    if (textIn(item.type) === undefined) return nothing;
    const open = this.#itemAt(event.output_index) ?? this.#byId.get(textIn(item.id) ?? '');
    if (open === undefined) {
      const index = this.#indexOf(event.output_index);
      const begun = this.#begin(index, item, callId);
      const namedItem = this.#named(item, begun);
      begun.whole = namedItem;
      const addedEvent = { type: 'response.output_item.added', output_index: index, item: emptied(namedItem) };
      const done = { ...event, type, output_index: index, item: namedItem };
      return [JSON.stringify({ ...addedEvent, sequence_number: event.sequence_number }), JSON.stringify(done)];
    }
    const isWellFormed = this.#hasKnownIds(open.index, item);
    open.whole = isWellFormed ? item : this.#named(item, open);
    if (isWellFormed && event.type === type && event.output_index === open.index) return [data];
    return [JSON.stringify({ ...event, type, output_index: open.index, item: open.whole })];
  }

  normalised(type: string, event: JsonObject, part: PartEvents | undefined): readonly string[] {
    const before: string[] = [];
    const { sequence_number } = event;
    let open = this.#itemAt(event.output_index) ?? this.#byId.get(textIn(event.item_id) ?? '');
    if (open === undefined && part?.item === this.#latest?.type) open = this.#latest;
    if (open === undefined) {
      // A call without a name cannot be added yet: its final event has it.
      const kind = part?.item ?? (type.startsWith('response.content_part.') ? 'message' : undefined);
      if (kind === undefined) return nothing;
      const index = this.#indexOf(event.output_index);
      open = this.#begin(index, { type: kind, id: textIn(event.item_id) }, undefined);
      const item = kind === 'message' ? { role: 'assistant', status: 'in_progress', content: [] } : { summary: [] };
      const addedEvent = { type: 'response.output_item.added', output_index: index, sequence_number };
      before.push(JSON.stringify({ ...addedEvent, item: { id: open.id, type: kind, ...item } }));
    }
    const place = { item_id: open.id, output_index: open.index };
    if (part !== undefined) {
      const number = numberOf(event[part.numbered]);
      if (!open.parts.has(placeOf(part, event))) {
        open.parts.add(placeOf(part, event));
        const begun = { type: part.addedEvent, ...place, [part.numbered]: number, part: part.empty, sequence_number };
        before.push(JSON.stringify(begun));
      }
      return [...before, JSON.stringify({ ...event, type, ...place, [part.numbered]: number })];
    }
    if (isBegin(type)) {
      const begun = begunPlace(type, event);
      if (open.parts.has(begun)) return before;
      open.parts.add(begun);
    }
    return [...before, JSON.stringify({ ...event, type, ...place })];
  }

  #itemAt(index: unknown): StreamedItem | undefined {
    return typeof index === 'number' ? this.#items.get(index) : undefined;
  }

  /** The index of an item: its own, or the next one. */
  #indexOf(index: unknown): number {
    return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : this.#items.size;
  }

  #begin(index: number, item: JsonObject, callId: string | undefined): StreamedItem {
    const itemId = textIn(item.id);
    const open: StreamedItem = {
      index,
      id: itemId ?? newId('item_'),
      type: textIn(item.type) ?? '',
      callId: textIn(item.call_id) ?? callId,
      parts: new Set(),
      whole: undefined,
    };
    this.#items.set(index, open);
    if (itemId !== undefined) this.#byId.set(itemId, open);
    this.#latest = open;
    return open;
  }

  #hasKnownIds(index: number, { id, type, call_id }: JsonObject): boolean {
    const open = this.#items.get(index);
    if (open === undefined || open.type !== type) return true;
    return open.id === id && (open.callId === undefined || open.callId === call_id);
  }

  /** The item with its first ids. */
  #named(item: JsonObject, open: StreamedItem | undefined): JsonObject {
    if (open === undefined || open.type !== item.type) return item;
    return { ...item, id: open.id, ...(open.callId === undefined ? {} : { call_id: open.callId }) };
  }
}

function isBegin(type: string): boolean {
  return type === 'response.content_part.added' || type === 'response.reasoning_summary_part.added';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function summaryPlace(event: JsonObject): number {
  return -1 - numberOf(event.summary_index);
}

function begunPlace(type: string, event: JsonObject): number {
  return type === 'response.content_part.added' ? numberOf(event.content_index) : summaryPlace(event);
}

function placeOf({ numbered }: PartEvents, event: JsonObject): number {
  return numbered === 'content_index' ? numberOf(event.content_index) : summaryPlace(event);
}

/** An item before any of its content. */
function emptied(item: JsonObject): JsonObject {
  const empty: Record<string, unknown> = { ...item };
  if (textIn(item.status) !== undefined) empty.status = 'in_progress';
  if (Array.isArray(item.content)) empty.content = [];
  if (Array.isArray(item.summary)) empty.summary = [];
  if (typeof item.arguments === 'string') empty.arguments = '';
  return empty;
}
