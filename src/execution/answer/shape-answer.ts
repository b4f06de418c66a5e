/** Turns what a plan's run returned into the result that a client gets: data, errors, extensions. */
import type { Denials } from '../../access/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { ExecutionOutcome } from '../execution-engine.ts';
import { JsonText } from '../json-text.ts';
import { LongText } from '../long-text.ts';
import type { Variant } from '../prepare/prepared-operation.ts';
import type { RunResult } from '../run/run-plan.ts';
import { AnswerWriter, type Violation } from '../shape/answer-writer.ts';
import { clientPaths } from '../shape/client-path.ts';
import type { Introspect } from '../shape/introspect.ts';
import { pieces } from '../shape/pieces.ts';
import { unauthorised } from '../shape/write-values.ts';
import { type AnswerErrorsOptions, answerErrors, maxAliases } from './answer-errors.ts';
import { answerExtensions } from './answer-extensions.ts';

export interface ShapeAnswerOptions {
  readonly variant: Variant;
  readonly result: RunResult;
  /** Where clients are told what they may not read. @default among the errors */
  readonly reportedIn: Denials['reportedIn'] | undefined;
  readonly introspect: Introspect;
  readonly log: Logger;
  readonly requestId: string;
  readonly sourceOf: AnswerErrorsOptions['sourceOf'];
}

export function shapeAnswer(options: ShapeAnswerOptions): ExecutionOutcome {
  const { variant, result, introspect, log, requestId, sourceOf } = options;
  const { shape } = variant;
  const { shared } = result;
  const out = new AnswerWriter({ introspect, shared, expectedBytes: variant.answerBytes });
  out.text = JsonText.head;
  shape.write(result.data, out);
  out.text += '}';
  const whole = out.finish();
  const data = new JsonText(whole ?? longData(options, out.hasRolledBack));
  if (whole !== undefined) variant.answerBytes = whole.length;
  const explained = answerExtensions(result, shape);
  const refused = withDeniedObjects(out.violations, result, shape);
  if (result.failures.length === 0 && refused.length === 0) return { kind: 'single', result: { data, ...explained } };
  const { violations, authorizationErrors } = reportDenials(refused, options.reportedIn);
  const extensions = { ...explained.extensions, ...authorizationErrors };
  const errors = answerErrors({ shape, result, violations, log, requestId, sourceOf });
  return {
    kind: 'single',
    result: {
      data,
      ...(errors.length === 0 ? {} : { errors }),
      ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
    },
  };
}

function longData({ variant, result, introspect }: ShapeAnswerOptions, hasRolledBack: boolean): LongText {
  const { data, shared } = result;
  const { root } = variant.shape;
  return new LongText(JsonText.head, () => pieces({ root, data, shared, introspect, hasRolledBack }), '}');
}

/** A null of an object that a rule denies is no fault of a subgraph, and is reported by the rule. */
function withDeniedObjects(
  violations: readonly Violation[],
  result: RunResult,
  { root }: Variant['shape'],
): readonly Violation[] {
  const denied = result.denied();
  if (denied.length === 0) return violations;
  const places = new Set(denied.map(({ path }) => JSON.stringify(path)));
  const reported = denied.flatMap(({ path, isReported }) => {
    if (!isReported) return [];
    const paths = clientPaths(root, result.data, path, maxAliases).filter(({ length }) => length === path.length);
    return paths.map((responsePath) => ({ responsePath, dataPath: [...path], refusal: unauthorised }));
  });
  const others = violations.map((violation) =>
    violation.refusal === undefined && places.has(JSON.stringify(violation.dataPath))
      ? { ...violation, refusal: unauthorised }
      : violation,
  );
  return [...reported, ...others];
}

/** Takes denials out of the errors where they are reported elsewhere, or nowhere. */
function reportDenials(
  violations: readonly Violation[],
  reportedIn: Denials['reportedIn'] = 'errors',
): { readonly violations: readonly Violation[]; readonly authorizationErrors?: Readonly<Record<string, unknown>> } {
  if (reportedIn === 'errors') return { violations };
  const isDenial = ({ refusal }: Violation): boolean => refusal?.code === 'UNAUTHORIZED_FIELD_OR_TYPE';
  const others = violations.filter((violation) => !isDenial(violation));
  const denials = violations.filter(isDenial);
  if (reportedIn === 'off' || denials.length === 0) return { violations: others };
  const authorizationErrors = denials.map(({ refusal, responsePath }) => ({
    message: refusal?.message,
    path: responsePath,
    extensions: { code: refusal?.code },
  }));
  return { violations: others, authorizationErrors: { authorizationErrors } };
}
