export { type Access, type AccessReport, type AccessRequest, createAccess, type Denials } from './access.ts';
export { type ApiSchemas, type ApiView, createApiSchemas } from './contracts/api-schemas.ts';
export { type ContractChoice, createContractChoice } from './contracts/contract-choice.ts';
export { createTokenExchange, type TokenExchange } from './exchange/token-exchange.ts';
export {
  type Authenticator,
  type CallerFacts,
  createAuthenticator,
  type Identifier,
} from './identify/authenticator.ts';
export { createIdentifiers } from './identify/create-identifiers.ts';
export { type KeyFiles, KeySets, readKeyFiles } from './identify/key-sets.ts';
export { apiKeyIdentifier, apiKeyOf } from './keys/api-key-of.ts';
export { KeyRing } from './keys/key-ring.ts';
export { type ApiKey, ApiKeyError, type ApiKeyRights, ApiKeys, type CreatedApiKey } from './keys/manage-api-keys.ts';
export { type KeyRingLease, SharedKeyRings } from './keys/shared-key-rings.ts';
export type { PolicyFunction } from './policies/code-policy.ts';
export { loadPolicies, type Policies, policyProblems } from './policies/load-policies.ts';
export type { PolicyInput, PolicyRequest, Row } from './policies/policy.ts';
export { anonymous, type Principal, principalKey } from './principal.ts';
export { type ContractView, createReach, type Reach, type ReachOptions } from './reach/describe-reach.ts';
export { explainCount, type RowDecisions, type RowQuestion } from './rows/row-decisions.ts';
export { type ExplainedField, type ExplainedRule, ruleText } from './rules/explain-fields.ts';
export type { Mask } from './rules/masks.ts';
export { policiesOf } from './rules/operation-rules.ts';
export type { DecidedClauses } from './rules/recalled-outcome.ts';
export { createStatements, type Statements } from './statements/statements.ts';
