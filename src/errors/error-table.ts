/**
 * Every code a client of Isthmus can see, held against docs/errors.md by a test.
 *
 * - `status`: the HTTP status where the code is the whole answer. With `application/json` a well-formed GraphQL
 *   request is answered 200 all the same (GraphQL over HTTP, section 6.4.1); a field's error never changes the status.
 * - `retryable`: whether the same request may succeed later without being changed.
 * - `client`: the sentence the client reads. It never names an address, a file or what a subgraph or provider said.
 * - `operator`: the sentence the operator reads in the log and in docs/errors.md.
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
    operator: 'A client asked for something the API schema does not have.',
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
  CSRF_REFUSED: {
    status: 400,
    retryable: false,
    client:
      'A cross-site request needs a header that browsers preflight, such as `apollo-require-preflight: true` or `content-type: application/json`.',
    operator:
      'A browser sent a simple cross-site request. List the page’s origin under server.allowed_origins if it is yours.',
  },
  NOT_FOUND: {
    status: 404,
    retryable: false,
    client: 'There is nothing at this path.',
    operator: 'A client asked for a path the gateway does not serve.',
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
    client: 'The answer can be application/graphql-response+json or application/json.',
    operator: 'A client’s Accept header names no media type the gateway can write.',
  },
  RESPONSE_TIMEOUT: {
    status: 408,
    retryable: true,
    client: 'The answer was not read in time.',
    operator:
      'A client took nothing of its answer for `server.write_timeout`; its connection was cut. Only the log has it.',
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
    operator: 'A subgraph’s answer was no JSON, had no GraphQL shape, or exceeded the size limit.',
  },
  SUBGRAPH_REQUEST_TIMEOUT: {
    status: 200,
    retryable: true,
    client: 'A subgraph did not answer in time.',
    operator: 'A subgraph did not send its whole answer within its traffic timeout, retries included.',
  },
  SUBGRAPH_CIRCUIT_BREAKER_REJECTED: {
    status: 200,
    retryable: true,
    client: 'A subgraph is not being asked at the moment because it has been failing.',
    operator: 'Every URL of a subgraph failed too often; it is left alone and tried again after traffic breaker.sleep.',
  },
  DOWNSTREAM_SERVICE_ERROR: {
    status: 200,
    retryable: false,
    client: 'A subgraph reported an error.',
    operator: 'A subgraph answered with errors; their messages are in the log, not in the answer.',
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
      'No plan was found for an operation, or only one that would give nulls that no subgraph gave, or ask paid fields of objects the client did not name; the log says where.',
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
    client: 'The client left before its answer was ready.',
    operator: 'A client closed its connection; nobody reads this answer, and what was running for it alone is aborted.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    client: 'The gateway is not taking requests at the moment.',
    operator:
      'The gateway is draining, has no generation to serve yet, or cannot start planner processes, or too many operations wait for one; the log says which.',
  },
  AI_MODEL_UNAVAILABLE: {
    status: 503,
    retryable: true,
    client: 'No model could answer.',
    operator: 'Every target of the alias failed, was not configured, or cannot do what was asked.',
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
    client: 'The model’s answer broke off.',
    operator:
      'A provider’s stream ended without its terminal event; what had come is neither served as whole nor cached.',
  },
  AI_INPUT_BLOCKED: {
    status: 400,
    retryable: false,
    client: 'The input was blocked.',
    operator: 'A guardrail, or a provider’s content policy, would not let the input through to a model.',
  },
  AI_PRICE_UNKNOWN: {
    status: 503,
    retryable: false,
    client: 'No model with a known price can answer.',
    operator: 'No price is known for a model: write one under ai.prices, or declare it free there.',
  },
  AI_MODEL_NOT_FOUND: {
    status: 404,
    retryable: false,
    client: 'There is no such model.',
    operator: 'A client named a model that is not an alias of ai.models.',
  },
  AI_REQUEST_INVALID: {
    status: 400,
    retryable: false,
    client: 'The request to the model is not valid.',
    operator: 'A client’s request has a wrong form or value, or a provider would not take it.',
  },
  AI_REQUEST_UNSUPPORTED: {
    status: 400,
    retryable: false,
    client: 'No model of this name can do what was asked.',
    operator: 'A request needs something that no target of the alias can do; the log names it.',
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
    operator: 'A limit was reached: of ai.models’ targets, of a provider, or of the queue before them.',
  },
  INTERNAL_SERVER_ERROR: {
    status: 500,
    retryable: false,
    client: 'Something went wrong in the gateway.',
    operator: 'A defect of Isthmus: the log has the stack under the request id.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Whether `code` is one of ours; outside codes (a subgraph's, a library's) are not. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code);
}
