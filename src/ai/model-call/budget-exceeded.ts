import { GatewayError } from '../../errors/index.ts';

/** A budget does not allow a call. */
export class BudgetExceeded extends GatewayError {
  /** The alias that may answer instead, if its calls are within the budget; undefined: none. */
  readonly cheaperModel: string | undefined;
  /** Whether targets of the same alias may answer instead that are free. */
  readonly allowsFree: boolean;

  constructor(details: {
    readonly message: string;
    readonly detail: string;
    readonly retryAfterMs: number | undefined;
    readonly cheaperModel: string | undefined;
    readonly allowsFree: boolean;
  }) {
    const { message, detail, retryAfterMs, cheaperModel, allowsFree } = details;
    super('AI_BUDGET_EXCEEDED', { message, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.cheaperModel = cheaperModel;
    this.allowsFree = allowsFree;
  }
}
