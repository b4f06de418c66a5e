/** Turns what a plan's run returned into the result that a client gets: data, errors, extensions. */
import type { Logger } from '../../observability/index.ts';
import type { ExecutionOutcome } from '../execution-engine.ts';
import { JsonText } from '../json-text.ts';
import type { Variant } from '../prepare/prepared-operation.ts';
import type { RunResult } from '../run/run-plan.ts';
import { AnswerWriter } from '../shape/answer-writer.ts';
import type { Introspect } from '../shape/introspect.ts';
import { type AnswerErrorsOptions, answerErrors } from './answer-errors.ts';
import { answerExtensions } from './answer-extensions.ts';

export interface ShapeAnswerOptions {
  readonly variant: Variant;
  readonly result: RunResult;
  readonly introspect: Introspect;
  readonly log: Logger;
  readonly requestId: string;
  readonly sourceOf: AnswerErrorsOptions['sourceOf'];
}

export function shapeAnswer(options: ShapeAnswerOptions): ExecutionOutcome {
  const { variant, result, introspect, log, requestId, sourceOf } = options;
  const { shape } = variant;
  const out = new AnswerWriter(introspect, result.shared, variant.answerBytes);
  out.text = JsonText.head;
  shape.write(result.data, out);
  out.text += '}';
  const data = new JsonText(out.finish());
  variant.answerBytes = data.whole.length;
  const extensions = answerExtensions(result, shape);
  const { violations } = out;
  if (result.failures.length === 0 && violations.length === 0)
    return { kind: 'single', result: { data, ...extensions } };
  const errors = answerErrors({ shape, result, violations, log, requestId, sourceOf });
  return { kind: 'single', result: { data, ...(errors.length === 0 ? {} : { errors }), ...extensions } };
}
