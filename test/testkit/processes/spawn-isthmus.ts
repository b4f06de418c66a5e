import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { testWorkers } from '../test-workers.ts';

export interface SpawnedIsthmus {
  readonly child: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  /** Resolves with the match once its output has it; rejects when it ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** The `isthmus` command as a separate process, as an operator runs it. */
export function spawnIsthmus(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  command = 'src/cli/main.ts',
): SpawnedIsthmus {
  const hasWorkers = args[0] === 'serve' && testWorkers > 1 && !args.includes('--workers');
  const workers = hasWorkers ? ['--workers', String(testWorkers)] : [];
  const child = spawn(process.execPath, [command, ...args, ...workers], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const waiters = new Set<() => void>();
  const collect = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
    for (const check of waiters) check();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  return {
    child,
    output: () => output,
    ended,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(output);
          if (match === null) return;
          waiters.delete(check);
          resolve(match);
        };
        waiters.add(check);
        check();
        void ended.then((code) => reject(new Error(`it ended with ${code} before ${pattern}:\n${output}`)));
      }),
  };
}
