/**
 * Planner processes whose pool has been closed wait 10 s for another pool of this process, with nothing loaded: to start one
 * and to load Apollo's planner takes 0.25 s of CPU. They do not keep this process running, and end with it.
 */
import type { ChildProcess } from 'node:child_process';

interface IdlePlanner {
  readonly child: ChildProcess;
  readonly maxHeapMb: number;
  readonly timer: NodeJS.Timeout;
}

const idleMs = 10_000;
const maxIdle = 2;
const idle = new Set<IdlePlanner>();

/** @param child answers nothing any more, and has unloaded what it had loaded */
export function putIdlePlanner(child: ChildProcess, maxHeapMb: number): void {
  removeListeners(child);
  // What is sent to one that is ending is lost.
  child.on('error', () => undefined);
  if (idle.size >= maxIdle) {
    child.kill('SIGKILL');
    return;
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), idleMs).unref();
  const planner = { child, maxHeapMb, timer };
  idle.add(planner);
  child.once('exit', () => {
    clearTimeout(timer);
    idle.delete(planner);
  });
  child.unref();
  child.channel?.unref();
}

/** @returns a process with that heap limit, of the caller from now on; undefined where none waits */
export function takeIdlePlanner(maxHeapMb: number): ChildProcess | undefined {
  for (const planner of idle) {
    const { child, timer } = planner;
    if (planner.maxHeapMb !== maxHeapMb || !child.connected || child.killed) continue;
    idle.delete(planner);
    clearTimeout(timer);
    removeListeners(child);
    child.ref();
    child.channel?.ref();
    return child;
  }
  return undefined;
}

/** Those of its last owner; Node has others of its own. */
function removeListeners(child: ChildProcess): void {
  for (const event of ['message', 'exit', 'error']) child.removeAllListeners(event);
}
