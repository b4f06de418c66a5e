/** What parts of the gateway tell that are not requests. */
import type { MetricDefinition } from './definition.ts';

export const partMetrics = {
  isthmus_build_info: {
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'Always 1: which version of Isthmus runs on which Node.',
    across: 'max',
  },
  isthmus_generation_info: {
    type: 'gauge',
    labels: ['generation'],
    help: 'Always 1: the generation that serves.',
    across: 'max',
  },
  isthmus_reloads_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Changes of the configuration, schemas or prompts: swapped in, refused (the previous generation keeps serving), or unchanged.',
  },
  isthmus_last_reload_timestamp_seconds: {
    type: 'gauge',
    labels: ['outcome'],
    help: 'When the last change was swapped in or refused, in seconds since 1970.',
    across: 'max',
  },
  isthmus_reload_refused: {
    type: 'gauge',
    labels: [],
    help: '1 while the last change has been refused and not been put right.',
    across: 'max',
  },
  isthmus_registry_connected: {
    type: 'gauge',
    labels: [],
    help: '1 while the registry that is followed answers, 0 while it does not; absent where none is followed.',
    across: 'max',
  },
  isthmus_registry_generation: {
    type: 'gauge',
    labels: ['served'],
    help: 'The number of the generation that the registry serves: to all, and as a canary.',
    across: 'max',
  },
  isthmus_canary_percent: {
    type: 'gauge',
    labels: [],
    help: 'The share of callers that a canary serves, in percent; 0 where there is none.',
    across: 'max',
  },
  isthmus_workers: {
    type: 'gauge',
    labels: ['state'],
    help: 'Threads that serve: configured, and serving now.',
    across: 'max',
  },
  isthmus_worker_starts_total: {
    type: 'counter',
    labels: [],
    help: 'Workers that were started, spares included.',
  },
  isthmus_worker_ends_total: {
    type: 'counter',
    labels: [],
    help: 'Workers that ended though nobody had asked them to.',
  },
  isthmus_planner_processes: {
    type: 'gauge',
    labels: [],
    help: 'Planner processes that run.',
  },
  isthmus_planner_ends_total: {
    type: 'counter',
    labels: ['why'],
    help: 'Planner processes that ended though nobody had asked them to, by the reason.',
  },
  isthmus_planner_queue_length: {
    type: 'gauge',
    labels: [],
    help: 'Operations that wait for a planner process.',
  },
  isthmus_plan_cache_size: {
    type: 'gauge',
    labels: [],
    help: 'Plans that threads hold; each has its own.',
  },
  isthmus_operation_cache_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Memory of prepared operations and plans (limits.memory).',
  },
  isthmus_subgraph_breaker_state: {
    type: 'gauge',
    labels: ['subgraph', 'url'],
    help: 'Circuit breakers of subgraphs: 0 closed, 1 half-open, 2 open; of several threads the highest.',
    across: 'max',
  },
  isthmus_subgraph_requests_in_flight: {
    type: 'gauge',
    labels: ['subgraph', 'url'],
    help: 'Requests to a subgraph that are sent or wait for a connection.',
  },
  isthmus_model_breaker_state: {
    type: 'gauge',
    labels: ['model'],
    help: 'Circuit breakers of models: 0, or 2 while a model is not called because it has been failing; of several threads the highest.',
    across: 'max',
  },
  isthmus_cache_lookups_total: {
    type: 'counter',
    labels: ['cache', 'subgraph', 'type', 'outcome'],
    help: 'What the caches of whole answers (responses) and of entities did: hits, stale, misses.',
  },
  isthmus_cache_stored_total: {
    type: 'counter',
    labels: ['cache', 'subgraph', 'type'],
    help: 'Answers that were stored.',
  },
  isthmus_cache_not_stored_total: {
    type: 'counter',
    labels: ['cache', 'subgraph', 'type', 'reason'],
    help: 'Answers that were not stored, by the reason that isthmus-explain: cache tells.',
  },
  isthmus_cache_verified_total: {
    type: 'counter',
    labels: ['cache', 'subgraph', 'type', 'result'],
    help: 'Hits that were compared with their source (cache.verify): equal, or wrong.',
  },
  isthmus_store_lookups_total: {
    type: 'counter',
    labels: ['store', 'cache', 'outcome'],
    help: 'Lookups of the stores of caches: hits (stale ones included) and misses.',
  },
  isthmus_store_evictions_total: {
    type: 'counter',
    labels: ['store', 'cache'],
    help: 'Entries that made room for others.',
  },
  isthmus_store_failures_total: {
    type: 'counter',
    labels: ['store'],
    help: 'Calls that were a miss, or did nothing, because the store of a cache failed.',
  },
  isthmus_store_ready: {
    type: 'gauge',
    labels: ['store', 'state'],
    help: 'Threads whose store of a cache is in the state: ready, disconnected, breaker_open, refusing.',
  },
  isthmus_store_bytes: {
    type: 'gauge',
    labels: ['store', 'cache'],
    help: 'What the stores in memory hold; copies of workers are counted.',
  },
  isthmus_ai_overshoot_usd_total: {
    type: 'counter',
    labels: ['model'],
    help: 'What providers billed beyond the bounds of calls, in US dollars.',
  },
  isthmus_budget_limit: {
    type: 'gauge',
    labels: ['budget', 'unit'],
    help: 'The limit of a budget, temporary increases for everyone included, in its unit: usd, tokens or calls.',
    across: 'max',
  },
  isthmus_budget_remaining: {
    type: 'gauge',
    labels: ['budget', 'unit'],
    help: 'What is left of a budget in its period; of budgets with subjects, of the one that has used most of its share.',
    across: 'min',
  },
  isthmus_budget_used_ratio: {
    type: 'gauge',
    labels: ['budget'],
    help: 'The share of a budget that is used up in its period, from 0; of budgets with subjects, the highest.',
    across: 'max',
  },
  isthmus_budget_alerts_total: {
    type: 'counter',
    labels: ['budget', 'percent'],
    help: 'Alerts of budgets by the share that was reached.',
  },
  isthmus_shared_counters_ready: {
    type: 'gauge',
    labels: ['counters', 'when_down'],
    help: 'Whether the Redis that budgets or rates are counted in with other gateways answers: 1, or 0 and then when_down applies (closed, local_share, open). Of several threads the highest.',
    across: 'max',
  },
  isthmus_overload_limit: {
    type: 'gauge',
    labels: [],
    help: 'How many operations may run at once (limits.overload), all threads together.',
  },
  isthmus_operations_running: {
    type: 'gauge',
    labels: [],
    help: 'Operations that run, where limits.overload counts them.',
  },
  isthmus_operations_queued: {
    type: 'gauge',
    labels: [],
    help: 'Operations that wait for their turn (limits.overload).',
  },
  isthmus_requests_in_flight: {
    type: 'gauge',
    labels: [],
    help: 'Requests of clients under way.',
  },
  isthmus_client_connections: {
    type: 'gauge',
    labels: [],
    help: 'Open connections of clients.',
  },
  isthmus_ledger_backlog_bytes: {
    type: 'gauge',
    labels: [],
    help: 'What of the ledger is held in memory because its files cannot be written.',
  },
  isthmus_ledger_failing: {
    type: 'gauge',
    labels: [],
    help: '1 while the ledger cannot be written to the store; its rows are kept in files.',
    across: 'max',
  },
  isthmus_log_lines_lost_total: {
    type: 'counter',
    labels: ['where'],
    help: 'Log lines that were lost: whoever reads the output was too slow, the file could not be written, or a worker wrote faster than its main thread read.',
  },
  isthmus_records_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Records of operations and model calls: written to the store, or dropped because they came faster than it took them.',
  },
  isthmus_alerts_firing: {
    type: 'gauge',
    labels: ['alert'],
    help: 'How many alerts of a rule of `alerts` fire: 1 or 0 without `by`.',
    across: 'max',
  },
  isthmus_records_failing: {
    type: 'gauge',
    labels: [],
    help: '1 while records cannot be written to the store.',
    across: 'max',
  },
  isthmus_otlp_items_total: {
    type: 'counter',
    labels: ['signal', 'outcome'],
    help: 'Spans and log lines for a collector: sent, dropped for want of room, or failed because the collector did not take them.',
  },
  isthmus_model_records_dropped_total: {
    type: 'counter',
    labels: [],
    help: 'Records of model calls that came faster than they could be written.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
