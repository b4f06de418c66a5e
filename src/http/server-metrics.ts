/** What a server tells metrics of itself, besides its requests. */
import type { Overload } from '../limits/index.ts';
import type { MetricSource } from '../observability/index.ts';
import type { Exchanges } from './exchanges.ts';

export function serverSource(exchanges: Exchanges, overload: Overload | undefined): MetricSource {
  return (set) => {
    set('isthmus_requests_in_flight', exchanges.underWay);
    set('isthmus_client_connections', exchanges.connections);
    if (overload === undefined) return;
    set('isthmus_overload_limit', overload.limit);
    set('isthmus_operations_running', overload.running);
    set('isthmus_operations_queued', overload.waiting);
  };
}
