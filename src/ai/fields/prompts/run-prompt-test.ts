/** Runs one test of a prompt against a real model: `isthmus prompt test`. */
import { GatewayError } from '../../../errors/index.ts';
import { type CallBounds, type Completion, textOf } from '../../model-call/index.ts';
import { type ModelClient, schemaProblems } from '../../models/index.ts';
import type { Prompt } from './prompt.ts';
import { failedExpectations, type PromptTest } from './prompt-test.ts';
import type { PromptUse } from './prompt-uses.ts';
import { promptRequest } from './published-prompts.ts';

export interface PromptTestRun extends CallBounds {
  readonly models: ModelClient;
  readonly prompt: Prompt;
  readonly test: PromptTest;
  /** An alias of ai.models, or a model reference if the client accepts those. */
  readonly model: string;
  /** The field that uses the prompt, if the prompt has no output schema: the answer then has the field's type. */
  readonly use?: PromptUse | undefined;
}

/** The result of a test; `problems` is empty if it passed. */
export interface PromptTestResult {
  readonly problems: readonly string[];
  /** `undefined`: there was no answer. */
  readonly answer: Completion | undefined;
}

/** For a prompt that leaves the bound to the fields that use it. */
const defaultMaxOutputTokens = 1_000;

/** Errors of the model, the provider or the test's input are problems of the result; it does not reject for them. */
export async function runPromptTest(run: PromptTestRun): Promise<PromptTestResult> {
  const { models, prompt, test, model, use, signal, deadline } = run;
  if (prompt.inputSchema !== undefined) {
    const problems = schemaProblems(prompt.inputSchema, test.input, 'input');
    if (problems.length > 0) return { problems, answer: undefined };
  }
  const request = {
    maxOutputTokens: defaultMaxOutputTokens,
    ...promptRequest(prompt, { ...use?.defaults, ...test.input }),
    ...(use === undefined ? {} : { output: use.output.form }),
    ...(use?.maxOutputTokens === undefined ? {} : { maxOutputTokens: use.maxOutputTokens }),
  };
  if (request.messages.length === 0) return { problems: ['the prompt comes to no message'], answer: undefined };
  let answer: Completion;
  try {
    answer = await models.complete({
      alias: model,
      caller: { id: 'prompt-test', tenant: 'public' },
      prompt: prompt.name,
      request,
      signal,
      deadline,
    });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const detail = error.detail === undefined ? '' : `: ${error.detail}`;
    return { problems: [`${error.code}${detail}`], answer: undefined };
  }
  return { problems: problemsOf(prompt, test, answer, use), answer };
}

function problemsOf(
  prompt: Prompt,
  test: PromptTest,
  answer: Completion,
  use: PromptUse | undefined,
): readonly string[] {
  if (answer.finishReason === 'refusal' || answer.finishReason === 'content_filter') return ['the model refused'];
  const problems = answer.finishReason === 'length' ? ['the answer was cut at its bound'] : [];
  const text = textOf(answer);
  if (use !== undefined) {
    const reading = use.output.read(answer);
    if (reading.kind === 'refused') return [...problems, reading.detail];
    const unfit =
      reading.kind === 'valid'
        ? []
        : reading.problems.map(({ path, message }) => `${[use.coordinate, ...path].join('.')} ${message}`);
    if (reading.kind !== 'valid') return [...problems, ...unfit];
    const { value } = reading;
    const read = { text: typeof value === 'string' ? value : JSON.stringify(value), value };
    return [...problems, ...failedExpectations(test.expect, read)];
  }
  if (prompt.outputFormat === 'text') return [...problems, ...failedExpectations(test.expect, { text, value: text })];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [...problems, 'the answer is not JSON'];
  }
  const unfit = prompt.outputSchema === undefined ? [] : schemaProblems(prompt.outputSchema, value, 'output');
  return [...problems, ...unfit, ...failedExpectations(test.expect, { text, value })];
}
