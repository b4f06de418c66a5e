/** Trusted documents, and operations that clients use, which validated before and would not after. */
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { messageOf } from '../../../errors/index.ts';
import type { OperationUsage } from '../usage-reader.ts';
import { percentOf } from '../weigh.ts';
import type { Draft } from './draft.ts';

/** A document that its owner has declared, as `src/persisted` reads it. */
export interface CheckedDocument {
  readonly ids: readonly string[];
  readonly text: string;
  /** The only client that it is for. */
  readonly clientName: string | undefined;
}

export interface DocumentsOptions {
  /** Undefined: nothing has been published. */
  readonly before: GraphQLSchema | undefined;
  readonly after: GraphQLSchema;
  readonly documents: readonly CheckedDocument[];
  readonly operations: readonly OperationUsage[];
  /** Of the window. */
  readonly requests: number;
  readonly signal?: AbortSignal | undefined;
}

/** How long documents are validated before the event loop is free again. */
const sliceMs = 4;
const shownProblems = 2;
const maxErrors = 5;

export async function documentDrafts(options: DocumentsOptions): Promise<readonly Draft[]> {
  const { before, after, documents, operations, requests, signal } = options;
  const drafts: Draft[] = [];
  let sliceStart = performance.now();
  const pause = async (): Promise<void> => {
    if (performance.now() - sliceStart < sliceMs) return;
    await yieldToLoop();
    signal?.throwIfAborted();
    sliceStart = performance.now();
  };
  for (const { ids, text, clientName } of documents) {
    await pause();
    const problem = newProblem(text, before, after);
    if (problem === undefined) continue;
    const [id = ''] = ids;
    const of = clientName === undefined ? '' : ` of ${clientName}`;
    drafts.push({
      severity: 'error',
      code: 'TRUSTED_DOCUMENT_INVALID',
      subject: id,
      message: `the trusted document ${id}${of} stops validating: ${problem}`,
      places: [],
      suggestedFix: 'publish documents that fit both schemas, or keep what this one selects',
    });
  }
  const trusted = new Set(documents.map(({ text }) => text));
  for (const operation of operations) {
    if (trusted.has(operation.document)) continue;
    await pause();
    const problem = newProblem(operation.document, before, after);
    if (problem !== undefined) drafts.push(usedDraft(operation, problem, requests));
  }
  return drafts;
}

/** Whether it fails is for the changes to say, which are weighed with all the traffic there is. */
function usedDraft(operation: OperationUsage, problem: string, all: number): Draft {
  const { operationName, signature, requests, clients, lastUsed } = operation;
  const name = operationName ?? signature.slice(0, 12);
  return {
    severity: 'warning',
    code: 'USED_OPERATION_INVALID',
    subject: name,
    message: `${name}, which clients use, stops validating: ${problem}`,
    places: [],
    identity: signature,
    usage: { requests, percent: percentOf(requests, all), operations: 1, clients, lastUsed },
  };
}

/** Undefined for a document that validates, or did not before either. */
function newProblem(text: string, before: GraphQLSchema | undefined, after: GraphQLSchema): string | undefined {
  const problem = problemOf(text, after);
  if (problem === undefined || (before !== undefined && problemOf(text, before) !== undefined)) return undefined;
  return problem;
}

function problemOf(text: string, schema: GraphQLSchema): string | undefined {
  let errors: readonly GraphQLError[];
  try {
    errors = validate(schema, parse(text), undefined, { maxErrors });
  } catch (error) {
    return messageOf(error);
  }
  if (errors.length === 0) return undefined;
  const messages = errors.slice(0, shownProblems).map(({ message }) => message);
  return [...messages, ...(errors.length > shownProblems ? ['…'] : [])].join(' ');
}
