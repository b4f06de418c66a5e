/**
 * Counts what operations use, by signature and client. What a document names is looked up, once for each document; of a request
 * only variables are read, and only where their types have input fields or enum values.
 */
import type { OperationEvent } from '../observability/index.ts';
import { operationUsage } from '../usage/coordinates/index.ts';
import { addTo, type UsageSum, UsageSums } from '../usage/index.ts';
import { cleanName } from './clean-name.ts';
import { HourlySums, type SumsOfHour } from './hourly-sums.ts';
import type { OperationFacts } from './operation-facts.ts';

export class UsageCounter {
  readonly #hours = new HourlySums<UsageSum, UsageSums>(() => new UsageSums());
  readonly #inputs = new Set<string>();

  get hasEnded(): boolean {
    return this.#hours.hasEnded;
  }

  /** @param at milliseconds since 1970 */
  count(event: OperationEvent, { client, durationMs, errors }: OperationFacts, at: number): void {
    const { parsed, signature, variables, request } = event;
    // What is not valid uses nothing; what /v1 is asked has no document.
    if (parsed === undefined || signature === undefined) return;
    const { operation, inLiterals, readVariables } = operationUsage(parsed, signature);
    const sum = this.#hours.at(at).of(operation, { client, clientVersion: cleanName(request.clientVersion) });
    sum.count++;
    if (errors > 0) sum.errors++;
    sum.durationMs += durationMs;
    if (durationMs > sum.maxMs) sum.maxMs = durationMs;
    const isOther = sum.operation === undefined;
    if (inLiterals.length === 0 && readVariables === undefined && !isOther) return;
    const inputs = this.#inputs;
    if (isOther) for (const coordinate of operation.coordinates) inputs.add(coordinate);
    for (const coordinate of inLiterals) inputs.add(coordinate);
    if (variables !== undefined) readVariables?.(variables, inputs);
    for (const coordinate of inputs) addTo(sum.inputs, coordinate, 1);
    inputs.clear();
  }

  /** What has been counted since it was last taken. */
  take(): readonly SumsOfHour<UsageSum>[] {
    return this.#hours.take();
  }
}
