/** Writes an answer to the client. Every wait ends when the client disconnects. */
import type { ServerResponse } from 'node:http';
import { unreachable } from '../lib/index.ts';
import { type Faults, type StopManner, sendsBodyUnchanged } from './faults.ts';
import { planWrites, type Write, type WritePlan } from './plan-writes.ts';
import type { OpenRequest } from './received-request.ts';
import type { Rendered } from './render-reply.ts';

/** Called once, if a fault ends the answer: the truncation is then not the client's fault. */
type OnStop = () => void;

export function sendReply(
  response: ServerResponse,
  rendered: Rendered,
  faults: Faults,
  request: OpenRequest,
  onStop: OnStop,
): void {
  const { delayMs = 0 } = faults;
  if (!sendsBodyUnchanged(faults)) {
    const plan = planWrites(rendered, faults);
    void sendPlan(response, rendered, plan, delayMs, request, onStop);
  } else if (delayMs > 0) {
    const timer = setTimeout(sendAtOnce, delayMs, response, rendered, request);
    response.once('close', () => clearTimeout(timer));
  } else {
    sendAtOnce(response, rendered, request);
  }
}

/** The common case, in one write: thousands of calls a second. */
function sendAtOnce(response: ServerResponse, { status, headers, frames, isStream }: Rendered, request: OpenRequest) {
  const [only] = frames;
  let body: string | Buffer;
  if (frames.length === 1 && only !== undefined) body = only.bytes;
  else if (typeof only?.bytes === 'string') {
    body = '';
    for (const { bytes } of frames) body += bytes;
  } else body = Buffer.concat(frames.map(({ bytes }) => Buffer.from(bytes)));
  response.writeHead(status, isStream ? headers : { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
  request.sentChunks = frames.length;
}

async function sendPlan(
  response: ServerResponse,
  { status, headers }: Rendered,
  plan: WritePlan,
  delayMs: number,
  request: OpenRequest,
  onStop: OnStop,
): Promise<void> {
  if (delayMs > 0) await pause(response, delayMs);
  if (response.destroyed) return;
  if (plan.stopsBeforeHeaders && plan.stop !== 'end') return stop(response, plan.stop, onStop);

  const { contentLength } = plan;
  response.writeHead(status, contentLength === undefined ? headers : { ...headers, 'content-length': contentLength });
  response.flushHeaders();
  const { writes } = plan;
  for (let index = 0; index < writes.length; index++) {
    const { delayMs: wait, bytes, chunksDone } = writes[index] as Write;
    if (index > 0) await pause(response, wait);
    if (response.destroyed) return;
    // The bytes must be flushed before the connection is reset, or they are lost with it.
    const mustFlush = plan.stop !== 'end' && index === writes.length - 1;
    await write(response, bytes, mustFlush);
    request.sentChunks = chunksDone;
  }
  if (plan.stop !== 'end') await pause(response, 0);
  if (!response.destroyed) stop(response, plan.stop, onStop);
}

function stop(response: ServerResponse, how: StopManner, onStop: OnStop): void {
  switch (how) {
    case 'end':
      response.end();
      return;
    case 'reset':
      onStop();
      response.socket?.resetAndDestroy();
      return;
    case 'close':
      onStop();
      response.socket?.destroySoon();
      return;
    case 'stall': // the client ends this
      return;
    default:
      unreachable(how);
  }
}

/** At least a turn of the event loop. */
function pause(response: ServerResponse, ms: number): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  if (ms <= 0) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const timer = setTimeout(finish, ms);
    response.once('close', finish);
    function finish(): void {
      clearTimeout(timer);
      response.off('close', finish);
      resolve();
    }
  });
}

/** Waits until the connection accepts more, or (`mustFlush`) the system has the bytes, or the client disconnects. */
function write(response: ServerResponse, bytes: Buffer, mustFlush: boolean): Promise<void> | undefined {
  if (!mustFlush && response.write(bytes)) return undefined;
  return new Promise((resolve) => {
    response.once('close', finish);
    if (mustFlush) response.write(bytes, finish);
    else response.once('drain', finish);
    function finish(): void {
      response.off('close', finish);
      response.off('drain', finish);
      resolve();
    }
  });
}
