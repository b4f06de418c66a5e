import { GatewayError } from '../../errors/index.ts';

/** A budget does not allow a call. */
export class BudgetExceeded extends GatewayError {
  /** The alias that may answer instead, if its calls are within the budget; undefined: none. */
  readonly cheaperModel: string | undefined;

  constructor(details: {
    readonly message: string;
    readonly detail: string;
    readonly retryAfterMs: number | undefined;
    readonly cheaperModel: string | undefined;
  }) {
    const { message, detail, retryAfterMs, cheaperModel } = details;
    super('AI_BUDGET_EXCEEDED', { message, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.cheaperModel = cheaperModel;
  }
}
