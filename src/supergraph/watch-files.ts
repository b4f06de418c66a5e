/**
 * Tells of changes to files and folders. The file system's own events come at once; what they miss is found by looking
 * at the files every second: a link that points elsewhere while its old folder stays (as Kubernetes swaps ConfigMaps),
 * a file in a folder that was not there, a network file system, a limit of watches that is reached.
 */
import { type FSWatcher, watch } from 'chokidar';
import { messageOf } from '../errors/index.ts';
import { fileFingerprint } from './file-fingerprint.ts';

/** Calls back once per burst of changes to any of the watched files and folders. */
export interface FileWatch {
  /** Watches exactly these from now on, and compares them with what they are now. */
  update(paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface FileWatchOptions {
  readonly onChange: () => void;
  /** The file system's own events fail, at a path or altogether: changes are found by looking. Told once a reason. */
  readonly onTrouble: (reason: string) => void;
  /** How often the files are looked at. @default 1_000 */
  readonly lookEveryMs?: number;
}

/** Editors write a file in several steps; a change counts when nothing more has come for this long. */
const settleMs = 50;
/** A file that is written to without end is taken up all the same. */
const settleAtMostMs = 2_000;
const maxReasons = 100;

export function watchFiles({ onChange, onTrouble, lookEveryMs = 1_000 }: FileWatchOptions): FileWatch {
  const seen = new Map<string, string>();
  const reasons = new Set<string>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let changedAt: number | undefined;

  const trouble = (error: unknown): void => {
    const reason = messageOf(error);
    if (closed || reasons.has(reason) || reasons.size >= maxReasons) return;
    reasons.add(reason);
    onTrouble(reason);
  };

  const watcher: FSWatcher = watch([], { ignoreInitial: true, atomic: true, depth: 0 });
  watcher.on('all', changed);
  watcher.on('error', trouble);

  function changed(): void {
    if (closed) return;
    const now = performance.now();
    changedAt ??= now;
    clearTimeout(timer);
    timer = setTimeout(settled, Math.max(0, Math.min(settleMs, changedAt + settleAtMostMs - now)));
  }

  async function settled(): Promise<void> {
    changedAt = undefined;
    // Whoever is called reads the files after this: what changes in between is seen as a change again.
    await Promise.all([...seen.keys()].map(look));
    if (!closed) onChange();
  }

  /** @returns whether the path looks otherwise than before */
  async function look(path: string): Promise<boolean> {
    const fingerprint = await fileFingerprint(path);
    const before = seen.get(path);
    if (before === undefined || before === fingerprint) return false;
    seen.set(path, fingerprint);
    return true;
  }

  let looking: NodeJS.Timeout | undefined;
  async function lookAgain(): Promise<void> {
    const differs = await Promise.all([...seen.keys()].map(look));
    if (differs.includes(true)) changed();
    if (!closed) looking = setTimeout(lookAgain, lookEveryMs).unref();
  }
  looking = setTimeout(lookAgain, lookEveryMs).unref();

  return {
    async update(paths) {
      const wanted = new Set(paths);
      const added = [...wanted].filter((path) => !seen.has(path));
      const removed = [...seen.keys()].filter((path) => !wanted.has(path));
      for (const path of removed) seen.delete(path);
      await Promise.all(added.map(async (path) => seen.set(path, await fileFingerprint(path))));
      if (closed) return;
      try {
        if (removed.length > 0) watcher.unwatch(removed);
        if (added.length > 0) watcher.add(added);
      } catch (error) {
        trouble(error);
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(looking);
      await watcher.close();
    },
  };
}
