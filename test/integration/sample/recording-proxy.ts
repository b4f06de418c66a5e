import { createServer } from 'node:http';
import { listen, type RunningService } from '../../../subgraphs/listen.ts';

export interface RecordingProxy extends RunningService {
  /** Paths with their queries, in the order they came. */
  readonly seen: string[];
}

/** Passes GET requests on to a service and records them. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    seen.push(path);
    const answer = await fetch(new URL(path, target));
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(await answer.text());
  });
  const url = await listen(server, { port: 0 });
  return {
    url,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
