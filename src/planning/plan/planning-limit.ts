/** An operation is beyond the planner's limits: it is refused with PLAN_DEADLINE_EXCEEDED, the same each time. */
export class PlanningLimit extends Error {
  override readonly name = 'PlanningLimit';
}
