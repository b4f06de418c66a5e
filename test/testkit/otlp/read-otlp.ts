/** What a collector is sent, decoded by the numbers of opentelemetry-proto (trace/v1, logs/v1, common/v1). */
import { type Decoded, type Message, readProtobuf } from './read-protobuf.ts';

const anyValue: Message = {
  1: ['text', 'text'],
  2: ['bool', 'bool'],
  3: ['int', 'int64'],
  4: ['double', 'double'],
  5: ['array', 'message', () => ({ 1: ['values', 'list', anyValue] })],
  6: ['map', 'message', () => ({ 1: ['values', 'list', keyValue] })],
};
const keyValue: Message = { 1: ['key', 'text'], 2: ['value', 'message', anyValue] };
const resource: Message = { 1: ['attributes', 'list', keyValue] };
const status: Message = { 2: ['message', 'text'], 3: ['code', 'number'] };
const event: Message = { 1: ['time', 'nanos'], 2: ['name', 'text'], 3: ['attributes', 'list', keyValue] };
const link: Message = { 1: ['traceId', 'hex'], 2: ['spanId', 'hex'] };
const span: Message = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'text'],
  4: ['parentId', 'hex'],
  5: ['name', 'text'],
  6: ['kind', 'number'],
  7: ['began', 'nanos'],
  8: ['ended', 'nanos'],
  9: ['attributes', 'list', keyValue],
  11: ['events', 'list', event],
  13: ['links', 'list', link],
  15: ['status', 'message', status],
};
const record: Message = {
  1: ['time', 'nanos'],
  2: ['severity', 'number'],
  3: ['severityText', 'text'],
  5: ['body', 'message', anyValue],
  6: ['attributes', 'list', keyValue],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
};
const scoped = (items: Message): Message => ({ 2: ['items', 'list', items] });
const exported = (items: Message): Message => ({
  1: ['resources', 'list', { 1: ['resource', 'message', resource], 2: ['scopes', 'list', scoped(items)] }],
});

export type AttributeValue = string | number | boolean | readonly AttributeValue[] | undefined;
export type ReceivedAttributes = Readonly<Record<string, AttributeValue>>;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly traceState: string | undefined;
  readonly name: string;
  readonly kind: string;
  /** Nanoseconds since 1970. */
  readonly began: bigint;
  readonly ended: bigint;
  readonly isError: boolean;
  readonly attributes: ReceivedAttributes;
  readonly events: readonly { readonly name: string; readonly attributes: ReceivedAttributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly resource: ReceivedAttributes;
}

export interface ReceivedRecord {
  readonly severity: number;
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly attributes: ReceivedAttributes;
  readonly traceId: string | undefined;
  readonly resource: ReceivedAttributes;
}

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

export function readSpans(body: Buffer): readonly ReceivedSpan[] {
  return itemsOf(body, span).map(({ item, resource: of }) => ({
    traceId: item.traceId as string,
    spanId: item.spanId as string,
    parentId: item.parentId as string | undefined,
    traceState: item.traceState as string | undefined,
    name: item.name as string,
    kind: kinds[(item.kind as number) ?? 0] ?? '',
    began: item.began as bigint,
    ended: item.ended as bigint,
    isError: (item.status as Decoded | undefined)?.code === 2,
    attributes: attributesOf(item.attributes),
    events: listOf(item.events).map((one) => ({ name: String(one.name), attributes: attributesOf(one.attributes) })),
    links: listOf(item.links).map((one) => ({ traceId: String(one.traceId), spanId: String(one.spanId) })),
    resource: of,
  }));
}

export function readRecords(body: Buffer): readonly ReceivedRecord[] {
  return itemsOf(body, record).map(({ item, resource: of }) => ({
    severity: item.severity as number,
    severityText: item.severityText as string,
    body: plain(item.body as Decoded),
    attributes: attributesOf(item.attributes),
    traceId: item.traceId as string | undefined,
    resource: of,
  }));
}

function itemsOf(body: Buffer, message: Message) {
  return listOf(readProtobuf(body, exported(message)).resources).flatMap((one) =>
    listOf(one.scopes).flatMap((scope) =>
      listOf(scope.items).map((item) => ({ item, resource: attributesOf((one.resource as Decoded).attributes) })),
    ),
  );
}

function listOf(value: unknown): readonly Decoded[] {
  return (value as Decoded[] | undefined) ?? [];
}

function attributesOf(list: unknown): ReceivedAttributes {
  return Object.fromEntries(listOf(list).map(({ key, value }) => [key as string, plain(value as Decoded)]));
}

function plain(value: Decoded): AttributeValue {
  if ('array' in value) return listOf((value.array as Decoded).values).map(plain);
  if ('map' in value) return JSON.stringify(attributesOf((value.map as Decoded).values));
  return Object.values(value)[0] as AttributeValue;
}
