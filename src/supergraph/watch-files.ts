import { type FSWatcher, watch } from 'chokidar';

/** Calls back once per burst of changes to any of the watched files and folders. */
export interface FileWatch {
  /** Watches exactly these from now on. */
  update(paths: readonly string[]): void;
  close(): Promise<void>;
}

/** Editors write a file in several steps; a change counts when nothing more has come for this long. */
const settleMs = 50;

export function watchFiles(paths: readonly string[], onChange: () => void): FileWatch {
  const watcher: FSWatcher = watch([...paths], { ignoreInitial: true, atomic: true });
  let watched = new Set(paths);
  let timer: NodeJS.Timeout | undefined;
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs);
  });
  return {
    update(next) {
      const wanted = new Set(next);
      watcher.add([...wanted.difference(watched)]);
      watcher.unwatch([...watched.difference(wanted)]);
      watched = wanted;
    },
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
