/** Whether a request failed, such that its trace is sent whatever was decided: by more than a mistake of its client's. */
import { errorTable, isErrorCode } from '../../errors/index.ts';
import type { FetchEvent, OperationEvent, RequestEvent } from '../events/index.ts';

export function isFailed(event: RequestEvent): boolean {
  return event.status >= 500 || event.end === 'cut' || event.operations.some(isOperationFailed);
}

export function isOperationFailed({ errorCount, codes, fetches }: OperationEvent): boolean {
  if (errorCount > 0 && (codes.length === 0 || !codes.every(isOfClient))) return true;
  return fetches.some(isFetchFailed);
}

/** A client that has left ends its fetches, and fails none. */
export function isFetchFailed({ outcome }: FetchEvent): boolean {
  return outcome !== 'ok' && !isOfClient(outcome);
}

/** Answered with a status from 400 to 499: OpenTelemetry's conventions for servers call it no error. */
export function isOfClient(code: string): boolean {
  return isErrorCode(code) && errorTable[code].status >= 400 && errorTable[code].status < 500;
}
