/**
 * A bound on memory holds for the process: an eighth of it is the main thread's, for plans that all workers share, and
 * each worker has an equal part of all else.
 */
const mainPart = 8;

export function mainShare(bytes: number): number {
  return Math.floor(bytes / mainPart);
}

export function workerShare(bytes: number, workers: number): number {
  return Math.floor((bytes - mainShare(bytes)) / workers);
}
