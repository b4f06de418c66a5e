/** What `npm run bench -- fields` leaves in bench/results.json, under `fields`. */
import type { Results } from '../results.ts';

export interface FieldsResults {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Results['machine'];
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly unpinned?: string;
  readonly products: number;
  readonly aiFields: number;
  readonly latencyMs: number;
  readonly times: FieldTimes;
  readonly calls: { readonly fieldsAsked: number; readonly providerCalls: number; readonly distinctInputs: number };
  readonly cpu: FieldCpu;
  readonly tokens: readonly TokenLine[];
}

/** In milliseconds at the median, one page at a time. */
export interface FieldTimes {
  /** One call to the provider with nothing between. */
  readonly oneCallMs: number;
  readonly coldMs: number;
  readonly warmMs: number;
  /** The same page without its AI fields: the same business data, shown to the client. */
  readonly withoutMs: number;
}

/** Milliseconds of the gateway's process. */
export interface FieldCpu {
  readonly coldMsPerPage: number;
  readonly warmMsPerPage: number;
  readonly withoutMsPerPage: number;
  /** One call of the model client by itself, of the same messages, as many at a time, in a process of its own. */
  readonly clientMsPerCall: number;
  /** Cold page minus page without, by field, minus the client's own call. */
  readonly coldMsPerField: number;
  /** Warm page minus page without, by field. */
  readonly warmMsPerField: number;
}

export interface TokenLine {
  readonly what: string;
  readonly fields: number;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The line it is compared with, by its `what`; absent: it is compared with nothing. */
  readonly against?: string;
}
