/** The operation exceeds the limits of the planner: it is always refused with PLAN_DEADLINE_EXCEEDED. */
export class PlanningLimit extends Error {
  override readonly name = 'PlanningLimit';
}
