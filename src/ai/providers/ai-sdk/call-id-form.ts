/** The form of tool call ids that the provider behind an AI SDK package takes. */

import { anyUpTo64, type CallIdForm, nineCharacters, plain } from '../../wires/shared/index.ts';
import type { AiSdkFlavour } from './package-flavour.ts';

export function callIdFormOf(flavour: AiSdkFlavour): CallIdForm {
  if (flavour === 'bedrock') return plain;
  return flavour === 'mistral' ? nineCharacters : anyUpTo64;
}
