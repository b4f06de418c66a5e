export { describeFindings, type Finding } from './finding.ts';
export {
  createGuardrails,
  type GuardedStream,
  type GuardedText,
  type Guardrails,
  type GuardrailsOptions,
  type InputVerdict,
  type OutputVerdict,
} from './guardrails.ts';
export type { Moderate } from './moderation.ts';
export { noPlaceholders, type Placeholders, placeholderSpans } from './placeholders.ts';
export { scoreInjection } from './score-injection.ts';
