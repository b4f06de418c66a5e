/**
 * What the event of a request takes by itself, by `node bench/events.ts`: begun, filled as a flat query and as the benchmark
 * operation fill it, and handed to a sink that does nothing. CPU of one thread, least of the rounds, for machines on which
 * whole gateways differ by more than this (`npm run bench -- observability` compares those).
 */
import { FetchEvent, OperationEvent, RequestEvent, type RequestSink, requestLine } from '../src/observability/index.ts';
import { leastCpu } from './least-cpu.ts';
import { print } from './print.ts';

const measured = { rounds: 25, turns: 100_000 } as const;

const sink: RequestSink = { record: () => undefined };
const options = {
  id: 'd4a1',
  method: 'POST',
  path: '/graphql',
  door: 'graphql',
  clientAddress: '127.0.0.1',
} as const;
const principal = { id: 'anonymous', kind: 'anonymous', tenant: 'public' };
const variables = { id: 'c1' };

function request(fetches: number): RequestEvent {
  const event = new RequestEvent({ ...options, began: performance.now() });
  event.principal = principal;
  event.generation = 'g1';
  const operation = new OperationEvent(event, performance.now());
  event.operations.push(operation);
  operation.document = 'query Flat { a }';
  operation.variables = variables;
  operation.signature = '00000000000000000000000000000000';
  operation.kind = 'query';
  operation.name = 'Flat';
  for (let index = 0; index < fetches; index++) fetchInto(operation);
  operation.end(performance.now());
  event.status = 200;
  event.ended = performance.now();
  sink.record(event);
  return event;
}

function fetchInto(operation: OperationEvent): void {
  const began = performance.now();
  const fetch = new FetchEvent({ subgraph: 'a', kind: 'root', operationType: 'query', isInProcess: false, began });
  operation.fetches.push(fetch);
  operation.wait(began);
  const ended = performance.now();
  fetch.addAttempt({ began, ended, outcome: 'ok', status: 200 });
  operation.resume(performance.now());
  fetch.end('ok', performance.now());
}

print(`the event of a flat query (one fetch)              ${leastCpu(measured, () => request(1)).toFixed(2)} µs`);
print(`the event of the benchmark operation (7 fetches)   ${leastCpu(measured, () => request(7)).toFixed(2)} µs`);
print(
  `an event with the fields of its line in the log    ${leastCpu(measured, () => requestLine(request(1))).toFixed(2)} µs`,
);
