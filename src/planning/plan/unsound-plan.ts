/** A plan could only be made that may answer wrongly: the operation is refused with PLAN_UNSOUND. */
export class UnsoundPlan extends Error {
  override readonly name = 'UnsoundPlan';
}
