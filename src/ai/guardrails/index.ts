export { describeFindings } from './finding.ts';
export {
  createGuardrails,
  type GuardedStream,
  type GuardedText,
  type Guardrails,
  type GuardrailsOptions,
  type InputVerdict,
  type OutputVerdict,
} from './guardrails.ts';
export { scoreInjection } from './injection/score-injection.ts';
export type { Moderate } from './output/moderation.ts';
export { noPlaceholders, type Placeholders, placeholderSpans } from './pii/placeholders.ts';
