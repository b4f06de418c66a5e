import type { FieldQuestion } from './field-question.ts';
import type { FieldInputs } from './question-writer.ts';
import type { Inputs } from './sensitive.ts';

/** A field of Query is identified by its arguments only. */
export function stickyKeyOf(coordinate: string, { identity }: FieldInputs, argsText: string): string {
  return identity ?? `${coordinate} ${argsText}`;
}

interface WrittenQuestionParts extends Omit<FieldQuestion, 'values' | 'entity' | 'stickyKey'> {
  readonly inputs: FieldInputs;
  readonly argsText: string;
  readonly supplied: Inputs;
}

/**
 * What a cached answer needs none of is computed when it is read. A class: an object literal with a getter gives V8 a hidden
 * class for each question, which keeps its entity until the next full collection.
 */
export class WrittenQuestion implements FieldQuestion {
  readonly coordinate: string;
  readonly key: string;
  readonly prompt: FieldQuestion['prompt'];
  readonly alias: string;
  readonly output: FieldQuestion['output'];
  readonly maxOutputTokens: number;
  readonly input: FieldQuestion['input'];
  readonly cacheTtlSeconds: number | undefined;
  readonly args: Inputs;
  readonly caller: FieldQuestion['caller'];
  readonly account: FieldQuestion['account'];
  readonly requestId: string;
  readonly #inputs: FieldInputs;
  readonly #argsText: string;
  readonly #supplied: Inputs;

  constructor(parts: WrittenQuestionParts) {
    this.coordinate = parts.coordinate;
    this.key = parts.key;
    this.prompt = parts.prompt;
    this.alias = parts.alias;
    this.output = parts.output;
    this.maxOutputTokens = parts.maxOutputTokens;
    this.input = parts.input;
    this.cacheTtlSeconds = parts.cacheTtlSeconds;
    this.args = parts.args;
    this.caller = parts.caller;
    this.account = parts.account;
    this.requestId = parts.requestId;
    this.#inputs = parts.inputs;
    this.#argsText = parts.argsText;
    this.#supplied = parts.supplied;
  }

  get values(): Inputs {
    const { masked, hide } = this.#inputs;
    const further = { ...this.args, ...this.#supplied };
    return { ...masked, ...(hide === undefined ? further : hide(further)) };
  }

  get entity(): Inputs {
    return this.#inputs.entity;
  }

  get stickyKey(): string {
    return stickyKeyOf(this.coordinate, this.#inputs, this.#argsText);
  }
}
