/** Reads protobuf by a table of fields: written from the encoding's specification, not from what writes it. */

export type Field =
  | readonly [name: string, kind: 'text' | 'hex' | 'number' | 'nanos' | 'double' | 'bool' | 'int64']
  | readonly [name: string, kind: 'message' | 'list', of: Message | (() => Message)];
export type Message = Readonly<Record<number, Field>>;

export type Decoded = Record<string, unknown>;

export function readProtobuf(bytes: Buffer, message: Message): Decoded {
  const decoded: Decoded = {};
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('the message ends within a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    const raw = wire === 0 ? varint() : take(wire === 1 ? 8 : wire === 5 ? 4 : Number(varint()));
    const field = message[tag >> 3];
    if (field === undefined) continue;
    const [name, kind] = field;
    if (field.length === 3) {
      const [, , of] = field;
      const inner = readProtobuf(raw as Buffer, typeof of === 'function' ? of() : of);
      if (kind === 'list') decoded[name] = [...((decoded[name] as unknown[]) ?? []), inner];
      else decoded[name] = inner;
    } else decoded[name] = fieldValue(raw, kind as Exclude<Field[1], 'message' | 'list'>);
  }
  return decoded;
}

function fieldValue(raw: bigint | Buffer, kind: Exclude<Field[1], 'message' | 'list'>): unknown {
  if (typeof raw === 'bigint') return kind === 'bool' ? raw === 1n : Number(BigInt.asIntN(64, raw));
  if (kind === 'text') return raw.toString('utf8');
  if (kind === 'hex') return raw.toString('hex');
  if (kind === 'double') return raw.readDoubleLE();
  return raw.length === 4 ? raw.readUInt32LE() : raw.readBigUInt64LE();
}
