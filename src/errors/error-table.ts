/**
 * All error codes that a client of Isthmus can see; a test compares them with docs/errors.md.
 *
 * - `status`: the HTTP status if the error is the whole response. With `application/json` a well-formed GraphQL request
 *   is answered 200 regardless (GraphQL over HTTP, section 6.4.1); a field's error never changes the status.
 * - `retryable`: whether the same request may succeed later without being changed.
 * - `client`: the message for the client. It never contains an address, a file or a message of a subgraph or provider.
 * - `operator`: the message for the operator, in the log and in docs/errors.md.
 */
export interface ErrorEntry {
  readonly status: number;
  readonly retryable: boolean;
  readonly client: string;
  readonly operator: string;
}

export const errorTable = {
  GRAPHQL_PARSE_FAILED: {
    status: 400,
    retryable: false,
    client: 'The GraphQL document has a syntax error.',
    operator: 'A client sent a document that is not GraphQL.',
  },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    retryable: false,
    client: 'The GraphQL document does not fit the schema.',
    operator: 'A client selected a field or type that the API schema does not have.',
  },
  OPERATION_RESOLUTION_FAILURE: {
    status: 400,
    retryable: false,
    client: 'The document does not say which operation to run.',
    operator: 'A client sent several operations without operationName, or a name the document does not have.',
  },
  BAD_USER_INPUT: {
    status: 400,
    retryable: false,
    client: 'A variable or argument has a value its type does not allow.',
    operator: 'A client sent variables that do not fit the types the operation declares.',
  },
  BAD_REQUEST: {
    status: 400,
    retryable: false,
    client: 'The request is not a GraphQL-over-HTTP request.',
    operator: 'A client sent a malformed body, or a body without a query.',
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    status: 200,
    retryable: false,
    client: 'Persisted queries are not supported; send the whole query.',
    operator: 'A client sent the hash of a query instead of a query; such clients send the whole one next.',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    status: 200,
    retryable: false,
    client: 'PersistedQueryNotFound',
    operator:
      'A client sent the hash of a document that no client has registered yet, or not lately; such clients send both next.',
  },
  PERSISTED_QUERY_HASH_MISMATCH: {
    status: 400,
    retryable: false,
    client: 'The hash is not the SHA-256 of the document.',
    operator: 'A client sent a document with another hash than its SHA-256; nothing was registered.',
  },
  PERSISTED_QUERY_NOT_IN_LIST: {
    status: 404,
    retryable: false,
    client: 'No trusted document has this id.',
    operator:
      'A client named a document that persisted_operations.documents do not have, or have for another client. Publish its manifest before the client.',
  },
  PERSISTED_QUERY_ID_REQUIRED: {
    status: 400,
    retryable: false,
    client: 'Documents are served by their id alone.',
    operator: 'A client sent a document, and persisted_operations.safelist is ids.',
  },
  CANNOT_SEND_PQ_ID_AND_BODY: {
    status: 400,
    retryable: false,
    client: 'Send the id of a document or the document, not both.',
    operator: 'A client sent both an id and a document, which could differ.',
  },
  QUERY_NOT_IN_SAFELIST: {
    status: 403,
    retryable: false,
    client: 'This document is not one of the trusted documents.',
    operator: 'A client sent a document that is not trusted, and persisted_operations.safelist is documents.',
  },
  CSRF_REFUSED: {
    status: 400,
    retryable: false,
    client:
      'A cross-site request needs a header that browsers preflight, such as `apollo-require-preflight: true` or `content-type: application/json`.',
    operator:
      'A browser sent a simple cross-site request. List the page’s origin under server.allowed_origins if it is yours.',
  },
  UNAUTHENTICATED: {
    status: 401,
    retryable: false,
    client: 'The request needs valid credentials.',
    operator:
      'A request had no credentials where access.require_authentication is on, or had wrong or expired ones; the log has the reason. Or a plugin or the coprocessor refused it.',
  },
  AUTHENTICATION_UNAVAILABLE: {
    status: 503,
    retryable: true,
    client: 'Credentials cannot be checked at the moment.',
    operator:
      'The keys of a token’s issuer, the introspection endpoint or the store of API keys could not be reached; the log has the reason.',
  },
  UNAUTHORIZED_FIELD_OR_TYPE: {
    status: 403,
    retryable: false,
    client: 'The caller may not read this field or type.',
    operator:
      'A caller requested a field whose @authenticated, @requiresScopes or @policy it does not satisfy. The field is null and the rest is served (200); with access.mode reject nothing runs (403).',
  },
  FORBIDDEN: {
    status: 403,
    retryable: false,
    client: 'The request is not allowed.',
    operator:
      'A plugin or the coprocessor refused a request, its address is not served (server.allow, server.deny), no contract of its path is for its caller, or the `when` of a contract cannot be evaluated for it.',
  },
  PLUGIN_FAILED: {
    status: 500,
    retryable: true,
    client: 'The request could not be processed.',
    operator: 'A plugin threw an error, or the coprocessor did not answer as it should; the log names it.',
  },
  NOT_FOUND: {
    status: 404,
    retryable: false,
    client: 'There is nothing at this path.',
    operator: 'A client requested a path that the gateway does not serve.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    retryable: false,
    client: 'This method is not allowed here; mutations are sent by POST.',
    operator: 'A client used a method the path does not serve, or sent a mutation by GET.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    retryable: false,
    client: 'The response can be application/graphql-response+json or application/json.',
    operator: 'A client’s Accept header names no media type the gateway can write.',
  },
  RESPONSE_TIMEOUT: {
    status: 408,
    retryable: true,
    client: 'The response was not read in time.',
    operator:
      'A client read nothing of its response for `server.write_timeout`; its connection was closed. This code appears in the log only.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    retryable: true,
    client: 'The request did not arrive in time.',
    operator: 'A client sent its headers or its body too slowly.',
  },
  CONTENT_TOO_LARGE: {
    status: 413,
    retryable: false,
    client: 'The request body is too large.',
    operator: 'A request body exceeded limits.body.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    retryable: false,
    client: 'Send the request as application/json in UTF-8, without content-encoding.',
    operator: 'A client sent a body in a media type, charset or encoding the gateway does not read.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    retryable: false,
    client: 'The request’s headers are too large.',
    operator: 'A request’s headers exceeded 16 KiB.',
  },
  SUBREQUEST_HTTP_ERROR: {
    status: 200,
    retryable: true,
    client: 'A subgraph could not be reached or answered with an HTTP error.',
    operator:
      'A subgraph refused the connection, broke it, redirected, or answered without GraphQL and with a status other than 2xx.',
  },
  SUBREQUEST_MALFORMED_RESPONSE: {
    status: 200,
    retryable: false,
    client: 'A subgraph answered with something that is not a GraphQL response.',
    operator: 'A subgraph’s response was not JSON, was not a GraphQL response, or exceeded the size limit.',
  },
  SUBGRAPH_REQUEST_TIMEOUT: {
    status: 200,
    retryable: true,
    client: 'A subgraph did not answer in time.',
    operator: 'A subgraph did not complete its response within its traffic timeout, retries included.',
  },
  SUBGRAPH_CIRCUIT_BREAKER_REJECTED: {
    status: 200,
    retryable: true,
    client: 'Requests to a subgraph are paused because it has been failing.',
    operator: 'The circuit breaker of every URL of a subgraph is open; a probe is sent after traffic breaker.sleep.',
  },
  TOKEN_EXCHANGE_FAILED: {
    status: 200,
    retryable: true,
    client: 'Your credentials could not be exchanged for those of a subgraph.',
    operator:
      'The authorization server of access.to_subgraphs.exchange did not answer, refused, or gave no token for the subgraph’s audience; the log has the reason. The subgraph was not sent the request.',
  },
  DOWNSTREAM_SERVICE_ERROR: {
    status: 200,
    retryable: false,
    client: 'A subgraph reported an error.',
    operator: 'A subgraph returned errors; their messages are in the log, not in the response.',
  },
  MAX_TOKENS_LIMIT: {
    status: 400,
    retryable: false,
    client: 'The document has too many tokens.',
    operator: 'A client sent a document with more tokens than limits.tokens.',
  },
  MAX_DEPTH_LIMIT: {
    status: 400,
    retryable: false,
    client: 'The operation is nested too deeply.',
    operator: 'A client sent an operation whose fields are nested deeper than limits.depth.',
  },
  MAX_ALIASES_LIMIT: {
    status: 400,
    retryable: false,
    client: 'The operation has too many aliases.',
    operator: 'A client sent an operation with more aliases than limits.aliases.',
  },
  MAX_ROOT_FIELDS_LIMIT: {
    status: 400,
    retryable: false,
    client: 'The operation has too many root fields.',
    operator: 'A client sent an operation with more root fields than limits.root_fields.',
  },
  MAX_DIRECTIVES_LIMIT: {
    status: 400,
    retryable: false,
    client: 'The operation has too many directives.',
    operator: 'A client sent an operation with more directives than limits.directives.',
  },
  MAX_SELECTIONS_LIMIT: {
    status: 400,
    retryable: false,
    client: 'The operation selects too many fields.',
    operator: 'A client sent an operation with more fields, its fragments expanded, than limits.selections.',
  },
  MAX_FETCHES_LIMIT: {
    status: 400,
    retryable: false,
    client: 'The operation needs too many requests to subgraphs.',
    operator: 'The plan of an operation has more requests than limits.fetches.',
  },
  CONSTRAINT_VIOLATED: {
    status: 400,
    retryable: false,
    client: 'An argument has a value that it must not have.',
    operator: 'A client sent an argument that breaks a rule of the schema’s @constraint; nothing was fetched.',
  },
  COST_ESTIMATED_TOO_EXPENSIVE: {
    status: 400,
    retryable: false,
    client: 'The operation costs too much.',
    operator: 'An operation was estimated at more points than limits.cost.max.',
  },
  SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE: {
    status: 200,
    retryable: false,
    client: 'A part of the operation costs too much.',
    operator:
      'The requests of an operation to one subgraph were estimated at more points than limits.cost.subgraphs allows; they were not sent, and their fields are null.',
  },
  COST_INVALID_SLICING_ARGUMENTS: {
    status: 400,
    retryable: false,
    client: 'A list needs exactly one of the arguments that say how long it is.',
    operator:
      'A field with requireOneSlicingArgument in its @listSize was requested with none of the arguments, or with several.',
  },
  MAX_REPRESENTATIONS_LIMIT: {
    status: 200,
    retryable: false,
    client: 'The operation reads too many entities.',
    operator:
      'An operation was about to ask subgraphs for more entities than limits.representations; the fields of that request are null.',
  },
  PLAN_DEADLINE_EXCEEDED: {
    status: 400,
    retryable: false,
    client: 'The operation is too complex to plan.',
    operator: 'Planning an operation exceeded the planner’s limits; the same document is refused each time.',
  },
  PLAN_UNSOUND: {
    status: 400,
    retryable: false,
    client: 'This operation cannot be answered correctly over this schema.',
    operator:
      'No correct plan was found for an operation: the plan would return nulls that no subgraph returned, or resolve paid fields of objects the client did not select. The log has the position.',
  },
  NOT_CACHED: {
    status: 504,
    retryable: false,
    client: 'The answer is not cached, and the request allows no other (Cache-Control: only-if-cached).',
    operator:
      'A client that may direct caches (cache.client_directives) sent `only-if-cached`, and the caches do not have the answer, or all of it.',
  },
  GATEWAY_TIMEOUT: {
    status: 504,
    retryable: true,
    client: 'The request took too long.',
    operator: 'A whole request exceeded the gateway’s deadline.',
  },
  CLIENT_CLOSED_REQUEST: {
    status: 499,
    retryable: true,
    client: 'The client disconnected before the response was ready.',
    operator: 'A client closed its connection; work that ran for it alone is aborted.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    client: 'The gateway is not accepting requests at the moment.',
    operator:
      'The gateway is draining, has no generation yet, cannot start planner processes, too many operations wait for one, or there is more to do than a worker can (limits.overload); the log has the reason.',
  },
  AI_MODEL_UNAVAILABLE: {
    status: 503,
    retryable: true,
    client: 'No model could answer.',
    operator: 'Every target of the alias failed, is not configured, or does not support the request.',
  },
  AI_OUTPUT_INVALID: {
    status: 200,
    retryable: true,
    client: 'The model’s answer does not fit the field’s type.',
    operator: 'A model’s answer did not fit the JSON schema of the field’s type.',
  },
  AI_OUTPUT_REFUSED: {
    status: 200,
    retryable: false,
    client: 'The model refused to answer.',
    operator: 'A provider reported a refusal or filtered the content.',
  },
  AI_STREAM_INCOMPLETE: {
    status: 502,
    retryable: true,
    client: 'The model’s answer was interrupted.',
    operator:
      'A provider’s stream ended without its terminal event; the partial answer is neither served as complete nor cached.',
  },
  AI_INPUT_BLOCKED: {
    status: 400,
    retryable: false,
    client: 'The input was blocked.',
    operator: 'A guardrail or a provider’s content policy blocked the input.',
  },
  AI_BUDGET_UNAVAILABLE: {
    status: 503,
    retryable: true,
    client: 'The budget for models cannot be checked at the moment.',
    operator: 'The Redis of ai.budget_counters does not answer, and when_down is closed.',
  },
  AI_BUDGET_EXCEEDED: {
    status: 402,
    retryable: true,
    client: 'The budget for models is used up.',
    operator:
      'A budget of ai.budgets does not allow a model call; the message names the budget, what is left and when it resets.',
  },
  AI_COST_ESTIMATED_TOO_EXPENSIVE: {
    status: 400,
    retryable: false,
    client: 'The AI fields of the operation may cost more than is allowed.',
    operator:
      'The price of an operation, or of a call of /v1, is more than limits.ai_usd or the request’s isthmus-max-usd; nothing ran. The message names the dearest fields and what would fit.',
  },
  AI_INPUT_TOO_LONG: {
    status: 400,
    retryable: false,
    client: 'The input is longer than this field or prompt may read.',
    operator:
      'What an AI field requires, or the input of a prompt, has more tokens than its maxInputTokens. Require less, raise the bound, or set input: truncate or chunk.',
  },
  AI_PRICE_UNKNOWN: {
    status: 503,
    retryable: false,
    client: 'No model with a known price can answer.',
    operator: 'No price is known for a model: add one under ai.prices, or declare it free there.',
  },
  AI_MODEL_NOT_FOUND: {
    status: 404,
    retryable: false,
    client: 'There is no such model.',
    operator: 'A client named a model that is not an alias of ai.models, or one that its API key may not call.',
  },
  AI_REQUEST_INVALID: {
    status: 400,
    retryable: false,
    client: 'The request to the model is not valid.',
    operator: 'A client’s request has a wrong form or value, or a provider rejected it.',
  },
  AI_REQUEST_UNSUPPORTED: {
    status: 400,
    retryable: false,
    client: 'No model of this name supports the request.',
    operator: 'A request needs a feature that no target of the alias supports; the log names it.',
  },
  AI_CONTEXT_WINDOW_EXCEEDED: {
    status: 400,
    retryable: false,
    client: 'The input is too long for the model.',
    operator: 'An input exceeds the context window of every target of the alias.',
  },
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    client: 'Too many requests at the moment.',
    operator:
      'A limit was reached: a rate of limits.rates, the @rateLimit of a field (which is null), or the limits of a target of ai.models, of a provider, or of the queue of a target.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    retryable: false,
    client: 'Something went wrong in the gateway.',
    operator: 'A defect of Isthmus: the log has the stack under the request id.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Whether `code` is in the error table; codes of subgraphs and libraries are not. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}
