/**
 * Guardrails laid over a model call: which of its texts are checked, and how what they changed goes back into requests,
 * answers and streams.
 *
 * Every text is checked: messages of every role, tool calls and their results, texts that are embedded, and the fields
 * of a client's own request that the one form has no place for. Once a text was masked, the request as the client wrote
 * it is not sent any more; where that would silently drop fields, the call is AI_REQUEST_UNSUPPORTED. So it is where
 * answers are checked and a field asks for more than the form reads of one: further choices, tokens' probabilities. An
 * answer that says more unasked is given in what was read of it.
 *
 * Where a request asks for several separate items, what was masked in one item's text is put back in that item's answer
 * alone: an answer that names another's has none.
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
import { itemIdsOf, withoutForeign } from '../../model-call/index.ts';
import { uncheckedFields } from '../../wires/shared/index.ts';
import { unsupportedSentence } from '../calling/fallback.ts';
import { type GuardedDeltas, guardDeltas } from './guard-deltas.ts';
import { replaceTexts, textsOf } from './request-texts.ts';

export type Guarded<Request> =
  | {
      readonly kind: 'passed';
      /** What may be sent: the same object where nothing was changed. */
      readonly request: Request;
      /** `undefined`: nothing is checked, on the way out neither. */
      readonly placeholders: Placeholders | undefined;
      /** As records tell them: `pii.email:mask`. */
      readonly findings: readonly string[];
    }
  | { readonly kind: 'blocked'; readonly findings: readonly string[] };

export type PassedInput = Extract<Guarded<ModelRequest>, { kind: 'passed' }>;

export interface GuardedAnswer {
  readonly answer: ModelAnswer;
  /** Those of the input included. */
  readonly findings: readonly string[];
}

/** At once, unless a moderation model judges. */
export interface CallGuard {
  checkInput(request: ModelRequest, bounds: CallBounds): Guarded<ModelRequest> | Promise<Guarded<ModelRequest>>;
  checkTexts(
    request: EmbeddingRequest,
    bounds: CallBounds,
  ): Guarded<EmbeddingRequest> | Promise<Guarded<EmbeddingRequest>>;
  /** An answer that is blocked has no content left and ends with `content_filter`. */
  checkOutput(answer: ModelAnswer, input: PassedInput, bounds: CallBounds): GuardedAnswer | Promise<GuardedAnswer>;
  /** `undefined`: the stream's deltas pass as they are. */
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
        throw new GatewayError('AI_REQUEST_UNSUPPORTED', { detail, message: unsupportedSentence(unchecked) });
      }
      return check(textsOf(request), bounds, request, (changed) => replaceTexts(request, changed));
    },
    checkTexts(request, bounds) {
      if (request.tokens !== undefined) {
        const detail = 'guardrails read texts, not the ids of their tokens';
        throw new GatewayError('AI_REQUEST_UNSUPPORTED', {
          detail,
          message: unsupportedSentence('input of token ids'),
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
      const readable = checked.wireSaysMore === true && guardrails.checksOutput ? withoutWire(checked) : checked;
      return readable.refusal === undefined
        ? checkAnswer(guardrails, readable, input, bounds, 0, readable.content, [])
        : checkRefusal(guardrails, readable, readable.refusal, input, bounds);
    },
    outputStream: ({ request, placeholders }) =>
      placeholders === undefined ? undefined : guardDeltas(guardrails, placeholders, request.output.kind),
  };
}

function withoutWire({ wire: _wire, wireSaysMore: _more, ...answer }: ModelAnswer): ModelAnswer {
  return answer;
}

/** What a provider cites, and says of how it stopped, is not read by any guardrail. */
function withoutUnchecked(answer: ModelAnswer): ModelAnswer {
  const isCited = answer.content.some((part) => part.type === 'text' && part.citations !== undefined);
  if (!isCited && answer.stopDetails === undefined) return answer;
  const { stopDetails: _details, ...withoutDetails } = answer;
  const content = withoutDetails.content.map((part) =>
    part.type === 'text' ? { type: part.type, text: part.text } : part,
  );
  return { ...withoutDetails, content };
}

/** The words of a refusal are the model's too: they are checked as the answer's last part. */
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

/** Checks the parts of an answer from `begin` on: in this turn, until one has to be waited for. */
function checkAnswer(
  guardrails: Guardrails,
  answer: ModelAnswer,
  input: PassedInput,
  bounds: CallBounds,
  begin: number,
  content: readonly AnswerPart[],
  before: readonly string[],
): GuardedAnswer | Promise<GuardedAnswer> {
  const { placeholders, request } = input;
  if (placeholders === undefined) return { answer, findings: input.findings };
  let checked = content;
  let findings = before;
  for (let index = begin; index < content.length; index++) {
    const part = content[index];
    if (part === undefined) continue;
    const form = part.type === 'tool_call' ? 'json' : part.type === 'text' ? request.output.kind : 'text';
    const original = part.type === 'tool_call' ? part.arguments : part.text;
    const text = part.type === 'text' ? ownedText(original, request, placeholders) : original;
    const { signal, deadline } = bounds;
    const verdict = guardrails.checkOutput(text, placeholders, { signal, deadline, form });
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

/** An item's answer with a placeholder of another's is taken out before anything is put back. */
function ownedText(text: string, request: ModelRequest, placeholders: Placeholders): string {
  const { scopes } = placeholders;
  const ids = scopes.size === 0 ? undefined : itemIdsOf(request);
  if (ids === undefined) return text;
  return withoutForeign(text, ids, (answer, id) =>
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
