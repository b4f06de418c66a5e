/** What is asked of usage before a schema is changed: whether anything of it is used, by whom, and which operations run most. */
import type { Usage, UsageRequest } from './usage.ts';
import { type CoordinateTotal, coordinateTotals, type OperationTotal, operationTotals } from './usage-totals.ts';

export interface UsageWindow extends UsageRequest {
  /** The names of clients whose requests do not count. */
  readonly excludedClients: readonly string[];
  /** As `shop@current`: requests of others do not count, where it is known what they were of; undefined: all count. */
  readonly graphs?: readonly string[] | undefined;
}

type MostUsed = OperationTotal & { readonly signature: string; readonly document: string };

/** Reads a window once, for all that is asked of it. */
export class WindowedUsage {
  readonly #read: (request: UsageRequest) => Promise<Usage>;
  #last: { readonly from: number; readonly to: number; readonly usage: Promise<Usage> } | undefined;

  constructor(read: (request: UsageRequest) => Promise<Usage>) {
    this.#read = read;
  }

  /** The requests of the window; 0 where nothing is known of it. */
  async requests(window: UsageWindow): Promise<number> {
    return (await this.#usage(window)).reduce((sum, { count }) => sum + count, 0);
  }

  /** @returns those that are used */
  async coordinates(
    coordinates: readonly string[],
    window: UsageWindow,
  ): Promise<ReadonlyMap<string, CoordinateTotal>> {
    const selected = new Set(coordinates);
    return coordinateTotals(await this.#usage(window), (coordinate) => selected.has(coordinate));
  }

  /** Those with most requests first, as far as their documents are kept. */
  async mostUsed(limit: number, window: UsageWindow): Promise<readonly MostUsed[]> {
    const totals = operationTotals(await this.#usage(window));
    const hasDocument = (total: OperationTotal): total is MostUsed =>
      total.signature !== undefined && total.document !== undefined;
    return totals.filter(hasDocument).slice(0, limit);
  }

  async #usage({ from, to, excludedClients, graphs }: UsageWindow): Promise<Usage> {
    if (this.#last?.from !== from || this.#last.to !== to) {
      const usage = this.#read({ from, to });
      this.#last = { from, to, usage };
      usage.catch(() => {
        if (this.#last?.usage === usage) this.#last = undefined;
      });
    }
    const usage = await this.#last.usage;
    return usage.filter(
      ({ client, graph }) =>
        (client === undefined || !excludedClients.includes(client)) &&
        (graphs === undefined || graph === undefined || graphs.includes(graph)),
    );
  }
}
