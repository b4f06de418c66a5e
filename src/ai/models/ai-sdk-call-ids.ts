/** The form of tool call ids that the provider behind an AI SDK package takes. */
import type { AiSdkFlavour } from './ai-sdk-flavour.ts';
import { anyUpTo64, type CallIdForm, nineCharacters, plain } from './call-ids.ts';

export function callIdFormOf(flavour: AiSdkFlavour): CallIdForm {
  if (flavour === 'anthropic' || flavour === 'bedrock') return plain;
  return flavour === 'mistral' ? nineCharacters : anyUpTo64;
}
