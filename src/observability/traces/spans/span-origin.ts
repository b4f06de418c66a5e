import { randomUUID } from 'node:crypto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { TelemetryConfig } from '../../../config/index.ts';
import type { SpanOrigin } from './span-list.ts';

/** What the spans of this thread say of where they come from; each worker is an instance of the service. */
export function spanOrigin({ name, attributes }: TelemetryConfig['service']): SpanOrigin {
  return {
    resource: resourceFromAttributes({
      'service.name': name,
      'service.instance.id': randomUUID(),
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.language': 'nodejs',
      ...attributes,
    }),
    instrumentationScope: { name: 'isthmus' },
  };
}
