/** Reads Anthropic's `thinking`, together with `output_config.effort`, which does not enable thinking. */
import type { ReasoningEffort } from '../../model-call/index.ts';
import { InvalidField } from './invalid-field.ts';
import type { Draft } from './openai/read-openai-fields.ts';
import { type Fields, readInteger, readObject, readOneOf } from './read-fields.ts';

/** @throws InvalidField */
export function readThinking(request: Draft, body: Fields, effort: ReasoningEffort | undefined): void {
  const thinking = readObject(body, 'thinking');
  if (thinking === undefined) {
    if (effort !== undefined) request.effort = effort;
    return;
  }
  const kind = readOneOf(thinking, 'type', ['enabled', 'disabled', 'adaptive'] as const, 'thinking.');
  switch (kind) {
    case 'disabled':
      request.reasoning = { effort: 'none' };
      break;
    case 'enabled': {
      const budgetTokens = readInteger(thinking, 'budget_tokens', 1, 'thinking.');
      if (budgetTokens === undefined) {
        throw new InvalidField('`thinking.budget_tokens` is required.', 'thinking.budget_tokens');
      }
      request.reasoning = { budgetTokens };
      break;
    }
    case 'adaptive':
      request.reasoning = { effort: effort ?? 'high' }; // Anthropic's own default
      return;
    default:
      throw new InvalidField('`thinking.type` must be enabled, disabled or adaptive.', 'thinking.type');
  }
  if (effort !== undefined) request.effort = effort;
}
