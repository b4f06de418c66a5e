/**
 * The limits of documents, checked before a document is validated: whatever the way a document comes in, it is checked here
 * once, and all that it exceeds is told at once. What is parsed is bounded also where limits are only measured.
 */
import { type DocumentNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import type { OperationLimits } from '../../config/index.ts';
import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import type { ClientLimits, LimitedClient } from '../client-limits.ts';
import type { Excesses } from '../excesses.ts';
import { countTokens, type TokenCount } from './count-tokens.ts';
import { findTooDeep } from './find-too-deep.ts';
import { measureOperations, type OperationSize } from './measure-operation.ts';

/** A document that has been measured. */
export interface DocumentSize {
  readonly tokens: TokenCount;
  readonly operations: readonly OperationSize[];
}

/** Without a limit of more, counting and parsing end here: a document of so many tokens takes 20 ms. */
const tokenCeiling = 15_000;

type SizeLimit = Exclude<keyof OperationLimits, 'tokens' | 'fetches' | 'representations' | 'cost' | 'aiNanoUsd'>;

const sizeLimits: Readonly<Record<SizeLimit, { readonly code: ErrorCode; readonly what: string }>> = {
  depth: { code: 'MAX_DEPTH_LIMIT', what: 'levels of fields' },
  aliases: { code: 'MAX_ALIASES_LIMIT', what: 'aliases' },
  rootFields: { code: 'MAX_ROOT_FIELDS_LIMIT', what: 'root fields' },
  directives: { code: 'MAX_DIRECTIVES_LIMIT', what: 'directives' },
  selections: { code: 'MAX_SELECTIONS_LIMIT', what: 'fields with its fragments expanded' },
};

export class DocumentLimits {
  readonly #clients: ClientLimits;
  readonly #excesses: Excesses;
  readonly #ceiling: number;

  constructor(clients: ClientLimits, excesses: Excesses) {
    this.#clients = clients;
    this.#excesses = excesses;
    this.#ceiling = Math.max(tokenCeiling, finite(clients.most('tokens')));
  }

  /**
   * Checks a document that is not known yet.
   * @returns its size where each request with it needs it: where clients have limits of their own, and where limits are only
   *   measured
   * @throws AggregateError of GatewayErrors, each with its limit, the value that was found, and where
   */
  check(text: string, client: LimitedClient): DocumentSize | undefined {
    const limits = this.#clients.of(client);
    const tokens = countTokens(text, limits.tokens, this.#ceiling);
    if (tokens === undefined) return undefined; // the parser tells the mistake
    if (tokens.tokens > this.#ceiling) throw new AggregateError([tooManyTokens(tokens, limits.tokens, this.#ceiling)]);
    // Apollo Server parses the document again: a tree without places takes six tenths of the time.
    const document = parseOrNothing(text, true);
    if (document === undefined) return undefined;
    const size = { tokens, operations: measureOperations(document) };
    let exceeded = exceededBy(size, limits);
    if (exceeded.length > 0) exceeded = exceededBy(size, limits, parseOrNothing(text, false));
    this.#excesses.report(exceeded, client);
    return !this.#excesses.areRefused || !this.#clients.areEqual ? size : undefined;
  }

  /** The same for another request with a document that was checked before. */
  checkAgain(size: DocumentSize, client: LimitedClient): void {
    this.#excesses.report(exceededBy(size, this.#clients.of(client)), client);
  }
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function parseOrNothing(text: string, noLocation: boolean): DocumentNode | undefined {
  try {
    return parse(text, { noLocation });
  } catch {
    return undefined;
  }
}

/** @param document where it is at hand, for the places */
function exceededBy(size: DocumentSize, limits: OperationLimits, document?: DocumentNode): GatewayError[] {
  const exceeded: GatewayError[] = [];
  if (size.tokens.tokens > limits.tokens) exceeded.push(tooManyTokens(size.tokens, limits.tokens));
  for (const [index, operation] of size.operations.entries()) {
    for (const key of Object.keys(sizeLimits) as SizeLimit[]) {
      const limit = limits[key];
      if (operation[key] <= limit) continue;
      const { code, what } = sizeLimits[key];
      const node = document === undefined ? undefined : operationAt(document, index);
      const place = node && (key === 'depth' && document ? findTooDeep(document, node, limit) : placeOf(node));
      exceeded.push(tooMuch(code, what, limit, operation[key], operation.name, place));
    }
  }
  return exceeded;
}

function operationAt({ definitions }: DocumentNode, index: number): OperationDefinitionNode | undefined {
  return definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)[index];
}

type Place = NonNullable<TokenCount['excess']>;

function placeOf({ loc }: OperationDefinitionNode): Place | undefined {
  return loc && { line: loc.startToken.line, column: loc.startToken.column };
}

function tooMuch(
  code: ErrorCode,
  what: string,
  limit: number,
  found: number,
  name: string | undefined,
  place: Place | undefined,
): GatewayError {
  const operation = name === undefined ? 'The operation' : `The operation ${name}`;
  const number = Number.isFinite(found) ? `${found}` : 'too many';
  return new GatewayError(code, {
    message: `${operation} has ${number} ${what}; at most ${limit} are allowed.`,
    facts: {
      limit,
      ...(Number.isFinite(found) ? { found } : {}),
      ...(name === undefined ? {} : { operation: name }),
    },
    ...(place === undefined ? {} : { locations: [place] }),
  });
}

/** @param ceiling where counting ended */
function tooManyTokens({ tokens, excess }: TokenCount, limit: number, ceiling?: number): GatewayError {
  const count = ceiling === undefined ? `${tokens}` : `more than ${ceiling}`;
  return new GatewayError('MAX_TOKENS_LIMIT', {
    message: `The document has ${count} tokens; at most ${Math.min(limit, ceiling ?? limit)} are allowed.`,
    facts: { limit: Math.min(limit, ceiling ?? limit), found: tokens },
    ...(excess === undefined ? {} : { locations: [excess] }),
  });
}
