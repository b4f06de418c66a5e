import type { OperationPlan } from './operation-plan.ts';

/** Plans operations of one supergraph. */
export interface Planner {
  /** The labels of its progressive overrides. */
  readonly overrideLabels: readonly string[];
  /**
   * @param deadlineMs the limit of CPU time of planning
   * @param client the client that sent the operation: clients take turns. @default '' all anonymous clients
   * @throws GatewayError `PLAN_DEADLINE_EXCEEDED`, `PLAN_UNSOUND` or `INTERNAL_SERVER_ERROR` (the same each time for
   *   the same operation), or `OVERLOADED`
   */
  plan(operation: string, activeLabels: readonly string[], deadlineMs: number, client?: string): Promise<OperationPlan>;
  /** False if no process has been able to plan for a while: only operations with a cached plan can be executed. */
  isAvailable(): boolean;
  /** Ends this load. The supergraph is unloaded when every load of it has been ended. */
  close(): void;
}
