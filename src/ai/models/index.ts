export { CallCaches } from './caches/call-caches.ts';
export { createModelClient } from './create-model-client.ts';
export { type CallGuard, createCallGuard, noGuard } from './guarding/guard-call.ts';
export type {
  Caller,
  DescribedModel,
  EmbeddingCall,
  ModelCall,
  ModelClient,
  ModelStreamPart,
  PricedCall,
} from './model-call.ts';
export { assembleModelClient } from './model-client.ts';
export { describeModel, modelNames } from './model-names.ts';
export { createRoutes } from './routing/create-routes.ts';
export { schemaError, schemaProblems } from './schema-problems.ts';
export { type ModelsLease, SharedModels, type SharedModelsOptions } from './shared-models.ts';
export { type TargetPrices, unpricedTargets } from './targets/target-prices.ts';
