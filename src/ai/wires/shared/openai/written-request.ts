/** What the writers of the OpenAI wires share. */
import type { JsonObject, ToolChoice, ToolResultPart } from '../../../model-call/index.ts';
import { unsupported } from '../../../model-call/index.ts';
import type { AnswerTool, JsonReading } from '../structured-output.ts';

export interface WrittenRequest {
  readonly body: JsonObject;
  /** How the answer's JSON is read; `undefined` where text was asked for. */
  readonly reading: JsonReading | undefined;
}

/** The answer itself is a tool's call: where there are other tools, the model must call one of them or that one. */
export function choiceWith(
  answerTool: AnswerTool | undefined,
  otherTools: number,
  choice: ToolChoice | undefined,
): ToolChoice | undefined {
  if (answerTool === undefined || typeof choice === 'object') return choice;
  return otherTools === 0 || choice === 'none' ? { name: answerTool.name } : 'required';
}

/** This wire has no word for a tool that failed: the text says it. */
export function writeResultText(content: ToolResultPart['content'], isError: boolean | undefined): string {
  let text = isError === true ? 'Error: ' : '';
  for (const part of content) {
    if (part.type !== 'text') throw unsupported(`a tool result with ${part.type === 'image' ? 'an image' : 'a file'}`);
    text += part.text;
  }
  return text;
}
