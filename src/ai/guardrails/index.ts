export { describeFindings, type Finding, type Guard } from './finding.ts';
export {
  type Blocked,
  createGuardrails,
  type GuardBounds,
  type GuardedStream,
  type GuardedText,
  type Guardrails,
  type GuardrailsOptions,
  type InputVerdict,
  type OutputOptions,
  type OutputVerdict,
} from './guardrails.ts';
export type { Moderate } from './moderation.ts';
export { noPlaceholders, type Placeholders } from './placeholders.ts';
export { type InjectionHit, type InjectionRule, type InjectionScore, scoreInjection } from './score-injection.ts';
