export { describeFindings } from './finding.ts';
export { createGuardrails, type Guardrails, type GuardrailsOptions } from './guardrails.ts';
export { scoreInjection } from './injection/score-injection.ts';
export type { Moderate } from './output/moderation.ts';
export { noPlaceholders, PlaceholderMint, type Placeholders, placeholderSpans } from './pii/placeholders.ts';
export type { GuardedStream, GuardedText, InputVerdict, OutputVerdict } from './verdict.ts';
