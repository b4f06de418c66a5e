/**
 * An engine that runs what `@rateLimit` allows of an operation: a field that was read too often is left out before
 * anything is planned, as one that the caller may not read, and is null with `RATE_LIMITED` at its path. A mutation that is
 * refused is never sent.
 */
import { getOperationAST } from 'graphql';
import type { Denials } from '../access/index.ts';
import { type FieldLimits, type FieldRefusals, FieldsRefused } from '../limits/index.ts';
import type { ExecutionEngine, OperationRequest } from './execution-engine.ts';
import { wholeReading } from './run/reader-views.ts';

/** @param limits undefined where the schema limits no field: the engine itself is returned */
export function limitFields(engine: ExecutionEngine, limits: FieldLimits | undefined): ExecutionEngine {
  if (limits === undefined) return engine;
  const executeAllowed = async (request: OperationRequest, refusals: FieldRefusals | undefined) => {
    const executed = refusals === undefined ? request : refused(request, refusals);
    if (!limits.isJoint) return engine.execute(executed);
    try {
      return await engine.execute(executed);
    } catch (error) {
      if (!(error instanceof FieldsRefused)) throw error;
      // Before anything of it was sent.
      const { costs } = request.context;
      if (costs !== undefined) costs.ai = undefined;
      return engine.execute(refused(request, error.refusals));
    }
  };
  const executeLimited = async (request: OperationRequest): ReturnType<ExecutionEngine['execute']> => {
    const { denials, context } = request;
    const decision = await limits.decide(request, denials && ((type, node) => !denials.isDenied(type, node)));
    try {
      const outcome = await executeAllowed(request, decision.refusals);
      if (context.isDryRun === true) decision.giveBack();
      return outcome;
    } catch (error) {
      // Nothing was sent; of an operation whose client has left something may have been.
      if (!context.signal.aborted) decision.giveBack();
      throw error;
    }
  };
  return {
    execute: (request) => (limits.limits(request) ? executeLimited(request) : engine.execute(request)),
    warm(operations, signal) {
      for (const { document, operationName } of operations) {
        const operation = getOperationAST(document, operationName);
        if (operation != null) limits.limits({ document, operation });
      }
      return engine.warm(operations, signal);
    },
    mostUsed: (count) => engine.mostUsed(count),
    isAvailable: () => engine.isAvailable(),
    planCount: () => engine.planCount(),
    close: () => engine.close(),
  };
}

function refused(request: OperationRequest, refusals: FieldRefusals): OperationRequest {
  return { ...request, denials: withRefusals(request.denials, refusals) };
}

function withRefusals(denials: Denials | undefined, refusals: FieldRefusals): Denials {
  return {
    outcome: `${denials?.outcome ?? ''} ${refusals.outcome}`,
    reportedIn: denials?.reportedIn ?? 'errors',
    isDenied: (type, field) => denials?.isDenied(type, field) === true || refusals.isRefused(type, field),
    isTypeDenied: (name) => denials?.isTypeDenied(name) === true,
    maskOf: (type, field) => denials?.maskOf(type, field),
    readingOf: (source) => denials?.readingOf(source) ?? wholeReading(source),
    decided: () => denials?.decided() ?? new Map(),
    codeOf: (type, field) => (denials?.isDenied(type, field) === true ? 'UNAUTHORIZED_FIELD_OR_TYPE' : 'RATE_LIMITED'),
  };
}
