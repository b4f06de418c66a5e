/**
 * Ends this process when the runner that started it is gone, however it went: the IPC channel to it closes even where
 * it was killed. Without such a channel (run alone in a terminal) nothing happens. Preloaded into the gateway with
 * `--import`; imported by the services' `runAlone`.
 */
import { isMainThread } from 'node:worker_threads';

// Worker threads of the gateway load this as well, and have no channel of their own.
if (isMainThread && process.send !== undefined) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
