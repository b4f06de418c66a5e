/** Requests of clients, their operations and the fetches of these. */
import { httpBuckets, type MetricDefinition, ownBuckets } from './definition.ts';

export const requestMetrics = {
  http_server_request_duration_seconds: {
    type: 'histogram',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
    help: 'Requests of clients, from their first byte to the end of the answer.',
    buckets: httpBuckets,
  },
  isthmus_requests_unanswered_total: {
    type: 'counter',
    labels: ['end', 'code'],
    help: 'Requests without a whole answer: the client disconnected (aborted), or the gateway cut them.',
  },
  isthmus_operations_total: {
    type: 'counter',
    labels: ['kind', 'operation', 'client', 'outcome', 'fault'],
    help: 'Operations of GraphQL and calls of /v1 by their name, the client and the outcome: ok, or the first error code. fault says whose it is: none, client, limit, upstream or gateway.',
  },
  isthmus_operation_duration_seconds: {
    type: 'histogram',
    labels: ['kind', 'operation'],
    help: 'Operations and calls of /v1, from reading the request to the whole answer.',
    buckets: httpBuckets,
  },
  isthmus_operation_own_seconds_total: {
    type: 'counter',
    labels: ['operation'],
    help: 'Time of operations in which the gateway waited for nobody: its own work, and queues for it.',
  },
  isthmus_operation_waited_seconds_total: {
    type: 'counter',
    labels: ['operation'],
    help: 'Time of operations in which the gateway waited for subgraphs or models; waits at the same time count once.',
  },
  isthmus_operation_own_duration_seconds: {
    type: 'histogram',
    labels: ['kind'],
    help: 'The part of each operation in which the gateway waited for nobody.',
    buckets: ownBuckets,
  },
  isthmus_operation_waited_duration_seconds: {
    type: 'histogram',
    labels: ['kind'],
    help: 'The part of each operation in which the gateway waited for subgraphs or models.',
    buckets: httpBuckets,
  },
  isthmus_operation_phase_seconds_total: {
    type: 'counter',
    labels: ['phase'],
    help: 'Time of operations in parsing, validating, and planning (which includes the wait for a planner).',
  },
  isthmus_operation_answers_total: {
    type: 'counter',
    labels: ['kind', 'source'],
    help: 'Where answers came from: made, cached, stale, or shared with an identical operation that was running.',
  },
  isthmus_operation_points_total: {
    type: 'counter',
    labels: ['moment'],
    help: 'Complexity of operations in points, estimated before they ran and actual after.',
  },
  isthmus_refusals_total: {
    type: 'counter',
    labels: ['code'],
    help: 'Operations and requests that a limit refused, wholly or in part: of size, cost, rates, budgets, overload.',
  },
  isthmus_plan_cache_lookups_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Operations whose plan was there (hit) or had to be made (miss).',
  },
  isthmus_planning_duration_seconds: {
    type: 'histogram',
    labels: [],
    help: 'How long operations without a plan waited for it.',
    buckets: httpBuckets,
  },
  http_client_request_duration_seconds: {
    type: 'histogram',
    labels: ['subgraph', 'http_response_status_code', 'error_type'],
    help: 'Requests to subgraphs over HTTP, each try by itself.',
    buckets: httpBuckets,
  },
  isthmus_fetches_total: {
    type: 'counter',
    labels: ['subgraph', 'kind', 'outcome', 'fault'],
    help: 'Fetches of plans by subgraph: ok, errors where the subgraph answered with some, or the code of what failed, and whose fault it is.',
  },
  isthmus_fetch_duration_seconds: {
    type: 'histogram',
    labels: ['subgraph'],
    help: 'Fetches of plans, retries and caches included.',
    buckets: httpBuckets,
  },
  isthmus_fetch_retries_total: {
    type: 'counter',
    labels: ['subgraph'],
    help: 'Tries of fetches after the first.',
  },
  isthmus_fetches_shared_total: {
    type: 'counter',
    labels: ['subgraph'],
    help: 'Fetches that joined an identical one in flight.',
  },
  isthmus_fetch_entities_total: {
    type: 'counter',
    labels: ['subgraph', 'source'],
    help: 'Entities that fetches asked for: found fresh or stale in the cache, or fetched.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
