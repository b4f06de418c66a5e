import { readFile } from 'node:fs/promises';
import { watch } from 'chokidar';

/** Editors write a file in several steps; a change counts when nothing more has come for this long. */
const settleMs = 50;

export interface WatchedFile {
  /** What the file held when watching began. */
  readonly text: string;
  close(): Promise<void>;
}

/** Reads a file and calls back with its text after each burst of changes, one call at a time. */
export async function watchFile(path: string, onChange: (text: string) => Promise<void>): Promise<WatchedFile> {
  const watcher = watch(path, { ignoreInitial: true, atomic: true });
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // A file that is gone for the moment is not a change; it counts when it is back.
      turn = turn.then(async () => onChange(await readFile(path, 'utf8'))).catch(() => undefined);
    }, settleMs);
  });
  try {
    return {
      text: await readFile(path, 'utf8'),
      async close() {
        clearTimeout(timer);
        await watcher.close();
      },
    };
  } catch (error) {
    await watcher.close();
    throw error;
  }
}
