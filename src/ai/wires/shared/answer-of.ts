/** Puts a whole answer together from its draft and what the provider said beside it. */

import type { ModelAnswer, Usage } from '../../model-call/index.ts';
import { textIn } from '../../model-call/index.ts';
import type { AnswerDraft } from './answer-draft.ts';

/** What both wires and their streams end with. */
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
