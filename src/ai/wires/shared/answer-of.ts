/** Assembles a complete answer from its draft and the provider's metadata. */

import type { ModelAnswer, Usage } from '../../model-call/index.ts';
import { textIn } from '../../model-call/index.ts';
import type { AnswerDraft } from './answer-draft.ts';

/** The final metadata of both wires and their streams. */
export function answerOf(
  draft: AnswerDraft,
  finishReason: ModelAnswer['finishReason'],
  usage: Usage,
  { id, model }: { readonly id?: unknown; readonly model?: unknown },
): ModelAnswer {
  const { refusal } = draft;
  const requestId = textIn(id);
  const respondedModel = textIn(model);
  return {
    content: draft.content(),
    finishReason: draft.finishReason(finishReason),
    ...(refusal === undefined ? {} : { refusal }),
    usage,
    ...(requestId === undefined ? {} : { requestId }),
    ...(respondedModel === undefined ? {} : { respondedModel }),
  };
}
