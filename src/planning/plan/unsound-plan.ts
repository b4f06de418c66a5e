/** Only a plan that may return wrong data was found: the operation is refused with PLAN_UNSOUND. */
export class UnsoundPlan extends Error {
  override readonly name = 'UnsoundPlan';
}
