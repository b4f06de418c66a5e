export { compileHooks, type Hooks, letShareIdentical, seesRequests } from './compile-hooks.ts';
export { coprocessorPlugin } from './coprocessor/coprocessor-plugin.ts';
export { withModelHooks } from './hooked-models.ts';
export { withSubgraphHooks } from './hooked-subgraph.ts';
export { hashPlugins, loadPlugins } from './load-plugins.ts';
export type {
  HookResult,
  HttpAnswer,
  ModelCallEvent,
  ModelCallSummary,
  OperationAnswer,
  OperationEvent,
  OperationResult,
  PlanEvent,
  PlannedRequest,
  Plugin,
  ReloadEvent,
  RequestEvent,
  ResponseEvent,
  SubgraphEvent,
} from './plugin.ts';
export { planHook, runOperationHooks } from './run-operation-hooks.ts';
export { runReloadHooks } from './run-reload.ts';
export { runRequestHooks, runResponseHooks } from './run-request.ts';
