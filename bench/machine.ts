import { cpus, release, totalmem, type } from 'node:os';
import type { Results } from './results.ts';

/** What a run was measured on. */
export function machine(): Results['machine'] {
  const [processor] = cpus();
  return {
    processor: processor?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
  };
}
