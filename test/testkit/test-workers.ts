/**
 * `ISTHMUS_TEST_WORKERS=2` runs the gateways of tests with so many workers: those that `startTestGateway` starts, and those
 * that `isthmus serve` starts. What needs this thread (code of an application, parts of a generation) has no workers.
 */
import type { Gateway } from '../../src/index.ts';
import type { Logger } from '../../src/observability/index.ts';
import { openWorkers } from '../../src/workers/index.ts';

/** How many workers the gateways of this run have. */
export const testWorkers = Number(process.env.ISTHMUS_TEST_WORKERS ?? 1);

export interface TestWorkersOptions {
  readonly configFile: string;
  readonly workers: number;
  readonly watch: boolean;
  readonly log: Logger;
  readonly writeLines: (lines: string) => void;
}

/** A gateway with workers, used as one without: `fetch` sends its requests by HTTP, and of a generation there is its id. */
export async function openTestWorkers({
  configFile,
  workers: count,
  watch,
  log,
  writeLines,
}: TestWorkersOptions): Promise<Gateway & { takeLines(): void }> {
  const output = { log, level: 'debug', writeLines } as const;
  const workers = await openWorkers({ configFile, workers: count, watch, waitForSubgraphs: false, output });
  let url = '';
  return {
    log,
    generations: {
      get current() {
        return { id: workers.generation };
      },
    } as Gateway['generations'],
    async listen(options) {
      const server = await workers.listen(options);
      url = server.url;
      return server;
    },
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(new URL(pathname + search, url), request));
    },
    reload: () => workers.reload(),
    invalidate: (invalidations) => workers.invalidate(invalidations),
    close: () => workers.close(),
    takeLines: () => workers.takeLines(),
  };
}
