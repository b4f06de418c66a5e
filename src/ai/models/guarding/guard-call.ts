/**
 * Applies the guardrails to a model call: which of its texts are checked, and how masked texts are written back into
 * requests, answers and streams.
 *
 * Every text is checked: messages of every role, tool calls and their results, texts to embed, and the fields of the
 * client's body that the model-call form has no field for. If a text was masked, the client's original body is not
 * forwarded; if that would silently drop fields, the call fails with AI_REQUEST_UNSUPPORTED. It fails likewise if answers
 * are checked and a field requests output that the form does not read: several choices, token probabilities. Unrequested
 * output of that kind is removed from the answer.
 *
 * In a request with several items, a value masked in one item's text is restored in that item's answer only; an answer
 * with another item's placeholder is removed.
 */
import { GatewayError } from '../../../errors/index.ts';
import {
  describeFindings,
  type GuardedText,
  type Guardrails,
  type Placeholders,
  placeholderSpans,
} from '../../guardrails/index.ts';
import type { AnswerPart, CallBounds, EmbeddingRequest, ModelAnswer, ModelRequest } from '../../model-call/index.ts';
import { itemIdsOf, withoutForeignAnswers } from '../../model-call/index.ts';
import { uncheckedFields } from '../../wires/shared/index.ts';
import { unsupportedMessage } from '../unsupported-message.ts';
import { ChannelledDeltas, type GuardedDeltas } from './guard-deltas.ts';
import { replaceTexts, textsOf } from './request-texts.ts';

export type Guarded<Request> =
  | {
      readonly kind: 'passed';
      /** The request to send; the same object if nothing was masked. */
      readonly request: Request;
      /** `undefined`: no guardrail is configured, for output neither. */
      readonly placeholders: Placeholders | undefined;
      /** In the form of the call records: `pii.email:mask`. */
      readonly findings: readonly string[];
    }
  | { readonly kind: 'blocked'; readonly findings: readonly string[] };

export type PassedInput = Extract<Guarded<ModelRequest>, { kind: 'passed' }>;

export interface GuardedAnswer {
  readonly answer: ModelAnswer;
  /** Including those of the input. */
  readonly findings: readonly string[];
}

/** Synchronous, unless a moderation model is called. */
export interface CallGuard {
  checkInput(request: ModelRequest, bounds: CallBounds): Guarded<ModelRequest> | Promise<Guarded<ModelRequest>>;
  checkTexts(
    request: EmbeddingRequest,
    bounds: CallBounds,
  ): Guarded<EmbeddingRequest> | Promise<Guarded<EmbeddingRequest>>;
  /** A blocked answer has no content and ends with `content_filter`. */
  checkOutput(answer: ModelAnswer, input: PassedInput, bounds: CallBounds): GuardedAnswer | Promise<GuardedAnswer>;
  /** `undefined`: deltas pass unchanged. */
  outputStream(input: PassedInput): GuardedDeltas | undefined;
}

const none: readonly string[] = [];

/** Passes everything. */
export const noGuard: CallGuard = {
  checkInput: (request) => ({ kind: 'passed', request, placeholders: undefined, findings: none }),
  checkTexts: (request) => ({ kind: 'passed', request, placeholders: undefined, findings: none }),
  checkOutput: (answer, { findings }) => ({ answer, findings }),
  outputStream: () => undefined,
};

export function createCallGuard(guardrails: Guardrails): CallGuard {
  if (!guardrails.enabled) return noGuard;

  function check<Request>(
    texts: readonly GuardedText[],
    bounds: CallBounds,
    request: Request,
    replace: (changed: readonly GuardedText[]) => Request,
  ): Guarded<Request> | Promise<Guarded<Request>> {
    const read = (verdict: Awaited<ReturnType<Guardrails['checkInput']>>): Guarded<Request> => {
      const findings = verdict.findings.length === 0 ? none : describeFindings(verdict.findings);
      if (verdict.kind === 'blocked') return { kind: 'blocked', findings };
      const { placeholders } = verdict;
      const masked = verdict.texts === texts ? request : replace(verdict.texts);
      return { kind: 'passed', request: masked, placeholders, findings };
    };
    const verdict = guardrails.checkInput(texts, bounds);
    return verdict instanceof Promise ? verdict.then(read) : read(verdict);
  }

  return {
    checkInput(request, bounds) {
      const unchecked = guardrails.checksOutput ? uncheckedFields(request).join(', ') : '';
      if (unchecked !== '') {
        const detail = `guardrails cannot check what these fields add to an answer: ${unchecked}`;
        throw new GatewayError('AI_REQUEST_UNSUPPORTED', { detail, message: unsupportedMessage(unchecked) });
      }
      return check(textsOf(request), bounds, request, (changed) => replaceTexts(request, changed));
    },
    checkTexts(request, bounds) {
      if (request.tokens !== undefined) {
        const detail = 'guardrails check texts, not token ids';
        throw new GatewayError('AI_REQUEST_UNSUPPORTED', {
          detail,
          message: unsupportedMessage('input of token ids'),
        });
      }
      return check(
        request.texts.map((text) => ({ role: 'user', text })),
        bounds,
        request,
        (changed) => ({ ...request, texts: changed.map(({ text }) => text) }),
      );
    },
    checkOutput(answer, input, bounds) {
      const checked = input.placeholders === undefined ? answer : withoutUnchecked(answer);
      const checkable = checked.hasUnmappedOutput === true && guardrails.checksOutput ? withoutWire(checked) : checked;
      return checkable.refusal === undefined
        ? checkAnswer(guardrails, checkable, input, bounds, 0, checkable.content, [])
        : checkRefusal(guardrails, checkable, checkable.refusal, input, bounds);
    },
    outputStream: ({ request, placeholders }) =>
      placeholders === undefined ? undefined : new ChannelledDeltas(guardrails, placeholders, request.output.kind),
  };
}

function withoutWire({ wire: _wire, hasUnmappedOutput: _hasUnmapped, ...answer }: ModelAnswer): ModelAnswer {
  return answer;
}

/** Guardrails do not check citations and stop details, so they are removed. */
function withoutUnchecked(answer: ModelAnswer): ModelAnswer {
  const isCited = answer.content.some((part) => part.type === 'text' && part.citations !== undefined);
  if (!isCited && answer.stopDetails === undefined) return answer;
  const { stopDetails: _details, ...withoutDetails } = answer;
  const content = withoutDetails.content.map((part) =>
    part.type === 'text' ? { type: part.type, text: part.text } : part,
  );
  return { ...withoutDetails, content };
}

/** A refusal is model output too: it is checked as the answer's last part. */
async function checkRefusal(
  guardrails: Guardrails,
  answer: ModelAnswer,
  refusal: string,
  input: PassedInput,
  bounds: CallBounds,
): Promise<GuardedAnswer> {
  const content: readonly AnswerPart[] = [...answer.content, { type: 'reasoning', text: refusal }];
  const joined = { ...answer, content };
  const guarded = await checkAnswer(guardrails, joined, input, bounds, 0, content, []);
  const { answer: checked, findings } = guarded;
  if (checked === joined) return { answer, findings };
  const last = checked.content.at(-1);
  if (last?.type !== 'reasoning') return guarded; // blocked
  return { answer: { ...checked, content: checked.content.slice(0, -1), refusal: last.text }, findings };
}

/** Checks the parts of an answer from `begin` on: synchronously, until a check returns a promise. */
function checkAnswer(
  guardrails: Guardrails,
  answer: ModelAnswer,
  input: PassedInput,
  bounds: CallBounds,
  begin: number,
  content: readonly AnswerPart[],
  previousFindings: readonly string[],
): GuardedAnswer | Promise<GuardedAnswer> {
  const { placeholders, request } = input;
  if (placeholders === undefined) return { answer, findings: input.findings };
  let checked = content;
  let findings = previousFindings;
  for (let index = begin; index < content.length; index++) {
    const part = content[index];
    if (part === undefined) continue;
    const form = part.type === 'tool_call' ? 'json' : part.type === 'text' ? request.output.kind : 'text';
    const original = part.type === 'tool_call' ? part.arguments : part.text;
    const text = part.type === 'text' ? withoutForeignItems(original, request, placeholders) : original;
    const { signal, deadline, account } = bounds;
    const verdict = guardrails.checkOutput(text, placeholders, { signal, deadline, account, form });
    const apply = (outcome: Awaited<typeof verdict>): boolean => {
      if (outcome.findings.length > 0) findings = [...findings, ...describeFindings(outcome.findings)];
      if (outcome.kind === 'blocked') return false;
      if (outcome.text !== original) checked = checked.with(index, withText(part, outcome.text));
      return true;
    };
    const blocked = (): GuardedAnswer => ({
      answer: blockedAnswer(answer),
      findings: [...input.findings, ...findings],
    });
    if (verdict instanceof Promise) {
      return verdict.then((outcome) =>
        apply(outcome) ? checkAnswer(guardrails, answer, input, bounds, index + 1, checked, findings) : blocked(),
      );
    }
    if (!apply(verdict)) return blocked();
  }
  const allFindings = findings.length === 0 ? input.findings : [...input.findings, ...findings];
  if (checked === answer.content) return { answer, findings: allFindings };
  return { answer: { ...withoutWire(answer), content: checked }, findings: allFindings };
}

/** Removes an item's answer that contains a placeholder of another item, before any value is restored. */
function withoutForeignItems(text: string, request: ModelRequest, placeholders: Placeholders): string {
  const { scopes } = placeholders;
  const ids = scopes.size === 0 ? undefined : itemIdsOf(request);
  if (ids === undefined) return text;
  return withoutForeignAnswers(text, ids, (answer, id) =>
    placeholderSpans(answer, placeholders).some(({ start, end }) => {
      const items = scopes.get(answer.slice(start, end));
      return items !== undefined && (id === undefined || !items.has(id));
    }),
  );
}

function withText(part: AnswerPart, text: string): AnswerPart {
  return part.type === 'tool_call' ? { ...part, arguments: text } : { ...part, text };
}

function blockedAnswer({ usage, requestId, respondedModel }: ModelAnswer): ModelAnswer {
  return {
    content: [],
    finishReason: 'content_filter',
    usage,
    ...(requestId === undefined ? {} : { requestId }),
    ...(respondedModel === undefined ? {} : { respondedModel }),
  };
}
