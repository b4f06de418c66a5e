/** The format of tool call ids that the provider behind an AI SDK package accepts. */

import { anyUpTo64, type CallIdForm, nineCharacters, plain } from '../../wires/shared/index.ts';
import type { AiSdkDialect } from './package-dialect.ts';

export function callIdFormOf(dialect: AiSdkDialect): CallIdForm {
  if (dialect === 'bedrock') return plain;
  return dialect === 'mistral' ? nineCharacters : anyUpTo64;
}
