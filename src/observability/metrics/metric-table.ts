/** All metrics, in the order of `/metrics`. docs/observability.md is generated from it. */
import { aiMetrics } from './tables/ai.ts';
import type { MetricDefinition } from './tables/definition.ts';
import { partMetrics } from './tables/parts.ts';
import { processMetrics } from './tables/process.ts';
import { requestMetrics } from './tables/requests.ts';

export const metricTable = { ...requestMetrics, ...aiMetrics, ...partMetrics, ...processMetrics } as const;

export type MetricName = keyof typeof metricTable;

type StringsFor<Labels extends readonly string[]> = { readonly [Index in keyof Labels]: string };

/** A value for each label, in the order of the table. */
export type LabelValues<Name extends MetricName> = StringsFor<(typeof metricTable)[Name]['labels']>;

/** The same where the name is known at run time only. */
export const definitions: Readonly<Record<string, MetricDefinition>> = metricTable;
