export type { GatewayGeneration, GatewayRuntime, ReloadOutcome } from './generation.ts';
export { openRuntime, type RuntimeOptions } from './open-runtime.ts';
