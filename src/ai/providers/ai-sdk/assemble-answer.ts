/** Assembles an answer from the parts of an AI SDK stream, and emits the corresponding deltas. */
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { StreamDelta } from '../../model-call/index.ts';
import { BlockDraft } from '../../wires/shared/index.ts';
import { joinedOpaque } from './opaque-options.ts';

export class AiSdkAssembly extends BlockDraft {
  /**
   * Adds a part of the stream and pushes its deltas to `out`. Parts without an equivalent in the model-call form are
   * ignored.
   */
  add(part: LanguageModelV4StreamPart, out: StreamDelta[]): void {
    switch (part.type) {
      case 'text-start':
        this.openText(part.id);
        break;
      case 'text-delta':
        this.text(part.id, part.delta, out);
        break;
      case 'reasoning-start':
        this.openReasoning(part.id);
        this.reasoning(part.id, '', joinedOpaque(undefined, part.providerMetadata), out);
        break;
      case 'reasoning-delta':
        this.reasoning(part.id, part.delta, joinedOpaque(undefined, part.providerMetadata), out);
        break;
      case 'reasoning-end':
        this.reasoning(part.id, '', joinedOpaque(undefined, part.providerMetadata), out);
        break;
      case 'tool-input-start':
        if (part.providerExecuted !== true) {
          this.openCall(part.id, part.toolName, joinedOpaque(undefined, part.providerMetadata), out);
        }
        break;
      case 'tool-input-delta':
        this.arguments(part.id, part.delta, out);
        break;
      case 'tool-call':
        if (part.providerExecuted !== true) {
          const opaque = joinedOpaque(undefined, part.providerMetadata);
          this.closeCall(part.toolCallId, part.toolName, part.input, opaque, out);
        }
        break;
    }
  }
}
