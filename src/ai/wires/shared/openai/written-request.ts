/** Shared by the request writers of the OpenAI wires. */
import type { JsonObject, ToolChoice, ToolResultPart } from '../../../model-call/index.ts';
import { unsupported } from '../../../model-call/index.ts';
import type { AnswerTool, JsonReading } from '../structured-output.ts';

export interface WrittenRequest {
  readonly body: JsonObject;
  /** How the answer's JSON is read; `undefined` for text output. */
  readonly reading: JsonReading | undefined;
}

/** The answer is a tool call: with other tools, the model must call one of them or the answer tool. */
export function choiceWith(
  answerTool: AnswerTool | undefined,
  otherTools: number,
  choice: ToolChoice | undefined,
): ToolChoice | undefined {
  if (answerTool === undefined || typeof choice === 'object') return choice;
  return otherTools === 0 || choice === 'none' ? { name: answerTool.name } : 'required';
}

/** This wire has no field for a failed tool: the text contains it. */
export function writeResultText(content: ToolResultPart['content'], isError: boolean | undefined): string {
  let text = isError === true ? 'Error: ' : '';
  for (const part of content) {
    if (part.type !== 'text') throw unsupported(`a tool result with ${part.type === 'image' ? 'an image' : 'a file'}`);
    text += part.text;
  }
  return text;
}
