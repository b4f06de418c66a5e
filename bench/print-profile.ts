/** Where a process of a benchmark spent its time, its most expensive parts and functions first. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print } from './print.ts';
import type { Profile } from './process/probe.ts';
import { type CpuProfile, selfTimes } from './self-times.ts';

const topFunctions = 25;

export function printProfile(name: string, { cpu, pauses }: Profile): void {
  const file = join(mkdtempSync(join(tmpdir(), 'isthmus-profile-')), `${name}.cpuprofile`);
  writeFileSync(file, cpu);
  const { byFunction, byPart, totalMs } = selfTimes(JSON.parse(cpu) as CpuProfile);
  const share = (ms: number) => `${((ms / totalMs) * 100).toFixed(1).padStart(5)} %`;
  for (const [kind, { count, ms }] of Object.entries(pauses)) print(`${share(ms)}  ${kind} (${count})`);
  for (const part of byPart.slice(0, topFunctions)) print(`${share(part.ms)}  ${part.name}`);
  print('');
  for (const one of byFunction.slice(0, topFunctions)) print(`${share(one.ms)}  ${one.name}`);
  print(`the profile: ${file}`);
}
