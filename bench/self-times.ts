/** A V8 CPU profile as self times: by function, and by the part of the house or the package it stands in. */

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds between a sample and the one before. */
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly ms: number;
}

export interface SelfTimes {
  /** Busy time only: idle is left out. */
  readonly totalMs: number;
  readonly byFunction: readonly SelfTime[];
  readonly byPart: readonly SelfTime[];
}

export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTimes {
  const named = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const callers = new Map(nodes.flatMap(({ callFrame, children }) => (children ?? []).map((id) => [id, callFrame])));
  const byFunction = new Map<string, number>();
  const byPart = new Map<string, number>();
  let totalMs = 0;
  for (const [index, id] of samples.entries()) {
    const frame = named.get(id);
    if (frame === undefined || frame.functionName === '(idle)') continue;
    // A sample stands for the time until the next one.
    const ms = (timeDeltas[index + 1] ?? 0) / 1000;
    const place = placeOf(frame.url);
    const name = frame.functionName || '(anonymous)';
    const whole = place === '' ? nativeName(name, callers.get(id)) : `${name}  ${place}:${frame.lineNumber + 1}`;
    byFunction.set(whole, (byFunction.get(whole) ?? 0) + ms);
    const part = partOf(place, name);
    byPart.set(part, (byPart.get(part) ?? 0) + ms);
    totalMs += ms;
  }
  return { totalMs, byFunction: sorted(byFunction), byPart: sorted(byPart) };
}

/** What is written in C++ has no place: who calls it says what it is. */
function nativeName(name: string, caller: CallFrame | undefined): string {
  if (caller === undefined || caller.url === '') return name;
  return `${name} < ${caller.functionName || '(anonymous)'}  ${placeOf(caller.url)}:${caller.lineNumber + 1}`;
}

function sorted(times: ReadonlyMap<string, number>): SelfTime[] {
  return [...times].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms);
}

/** The path from the repository or the package on. */
function placeOf(url: string): string {
  const inPackage = url.lastIndexOf('/node_modules/');
  if (inPackage !== -1) return url.slice(inPackage + '/node_modules/'.length);
  const inSource = url.lastIndexOf('/src/');
  return inSource === -1 ? url.replace(/^.*\/bench\//, 'bench/') : url.slice(inSource + 1);
}

function partOf(place: string, name: string): string {
  if (place === '') return name.startsWith('(') ? name : 'V8 and C++ (JSON, strings, Maps, sockets)';
  if (place.startsWith('node:')) return 'node:*';
  const [first = '', second = ''] = place.split('/');
  return first === 'src' || first.startsWith('@') ? `${first}/${second}` : first;
}
