/**
 * Watches files and folders for changes. File system events are reported at once. Polling every second finds the changes
 * without events: a link that points to another folder (as Kubernetes swaps ConfigMaps), a file in a folder that was
 * created later, a network file system, an exceeded limit of watches.
 */
import { type FSWatcher, watch } from 'chokidar';
import { messageOf } from '../../errors/index.ts';
import { fileFingerprint } from './file-fingerprint.ts';

/** A watch that calls back once per burst of changes to any of the watched files and folders. */
export interface FileWatch {
  /** Replaces the watched paths; later changes are found by comparison with their present state. */
  update(paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface FileWatchOptions {
  readonly onChange: () => void;
  /** Called once per reason when file system events fail, for a path or for all; changes are then found by polling. */
  readonly onTrouble: (reason: string) => void;
  /** The polling interval. @default 1_000 */
  readonly pollIntervalMs?: number;
}

/** Editors save a file in several steps: a change is reported when no further one has followed for this long. */
const settleMs = 50;
/** A file that changes continuously is reported after this long all the same. */
const settleAtMostMs = 2_000;
const maxReasons = 100;

export function watchFiles({ onChange, onTrouble, pollIntervalMs = 1_000 }: FileWatchOptions): FileWatch {
  const fingerprints = new Map<string, string>();
  const reasons = new Set<string>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let changedAt: number | undefined;

  const reportTrouble = (error: unknown): void => {
    const reason = messageOf(error);
    if (closed || reasons.has(reason) || reasons.size >= maxReasons) return;
    reasons.add(reason);
    onTrouble(reason);
  };

  const watcher: FSWatcher = watch([], { ignoreInitial: true, atomic: true, depth: 0 });
  watcher.on('all', changed);
  watcher.on('error', reportTrouble);

  function changed(): void {
    if (closed) return;
    const now = performance.now();
    changedAt ??= now;
    clearTimeout(timer);
    timer = setTimeout(settled, Math.max(0, Math.min(settleMs, changedAt + settleAtMostMs - now)));
  }

  async function settled(): Promise<void> {
    changedAt = undefined;
    // The callback reads the files after this, so a change in between is reported again.
    await Promise.all([...fingerprints.keys()].map(check));
    if (!closed) onChange();
  }

  /** @returns whether the fingerprint of the path has changed */
  async function check(path: string): Promise<boolean> {
    const fingerprint = await fileFingerprint(path);
    const before = fingerprints.get(path);
    if (before === undefined || before === fingerprint) return false;
    fingerprints.set(path, fingerprint);
    return true;
  }

  let pollTimer: NodeJS.Timeout | undefined;
  async function poll(): Promise<void> {
    const differs = await Promise.all([...fingerprints.keys()].map(check));
    if (differs.includes(true)) changed();
    if (!closed) pollTimer = setTimeout(poll, pollIntervalMs).unref();
  }
  pollTimer = setTimeout(poll, pollIntervalMs).unref();

  return {
    async update(paths) {
      const watched = new Set(paths);
      const addedPaths = [...watched].filter((path) => !fingerprints.has(path));
      const removed = [...fingerprints.keys()].filter((path) => !watched.has(path));
      for (const path of removed) fingerprints.delete(path);
      await Promise.all(addedPaths.map(async (path) => fingerprints.set(path, await fileFingerprint(path))));
      if (closed) return;
      try {
        if (removed.length > 0) watcher.unwatch(removed);
        if (addedPaths.length > 0) watcher.add(addedPaths);
      } catch (error) {
        reportTrouble(error);
      }
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(pollTimer);
      await watcher.close();
    },
  };
}
