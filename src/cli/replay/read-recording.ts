/** A recording: the lines that `isthmus log --json` prints, as far as their operations can be sent again. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Kind, parse } from 'graphql';

/** One operation of a recording. */
export interface RecordedOperation {
  readonly requestId: string;
  readonly operation: string | undefined;
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly status: number;
  readonly codes: readonly string[];
  readonly durationMs: number;
  /** Decimal US dollars. */
  readonly usd: string;
}

export type SkipReason = 'no document' | 'no variables' | 'a mutation' | 'not GraphQL' | 'not a record';

export type RecordedLine = RecordedOperation | { readonly skipped: SkipReason };

/** @throws where the file cannot be read */
export async function* readRecording(file: string, withMutations: boolean): AsyncGenerator<RecordedLine> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line.trim() !== '') yield readLine(line, withMutations);
}

function readLine(line: string, withMutations: boolean): RecordedLine {
  const record = parsedObject(line);
  if (typeof record?.requestId !== 'string' || typeof record.status !== 'number') return { skipped: 'not a record' };
  const { requestId, operation, document, variables, door, kind, status, codes, durationMs, usd } = record;
  if (door !== 'graphql') return { skipped: 'not GraphQL' };
  if (typeof document !== 'string') return { skipped: 'no document' };
  if (kind === 'mutation' && !withMutations) return { skipped: 'a mutation' };
  const values = isObject(variables) ? variables : undefined;
  if (values === undefined && declaresVariables(document)) return { skipped: 'no variables' };
  return {
    requestId,
    operation: typeof operation === 'string' ? operation : undefined,
    document,
    variables: values,
    status,
    codes: Array.isArray(codes) ? codes.map(String) : [],
    durationMs: typeof durationMs === 'number' ? durationMs : 0,
    usd: typeof usd === 'string' ? usd : '0',
  };
}

function declaresVariables(document: string): boolean {
  try {
    const { definitions } = parse(document, { noLocation: true });
    return definitions.some(
      (definition) =>
        definition.kind === Kind.OPERATION_DEFINITION && (definition.variableDefinitions?.length ?? 0) > 0,
    );
  } catch {
    // It was refused, and is again.
    return false;
  }
}

function parsedObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
