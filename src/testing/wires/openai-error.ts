/** OpenAI's error body, which every endpoint of its wire shares. */
import type { ErrorAnswer } from '../error-answer.ts';

interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

const byStatus: ReadonlyMap<number, readonly [type: string, code: string | null, message: string]> = new Map([
  [400, ['invalid_request_error', null, 'The request is not valid.']],
  [401, ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.']],
  [402, ['insufficient_quota', 'insufficient_balance', 'Insufficient balance.']],
  [
    403,
    ['invalid_request_error', 'unsupported_country_region_territory', 'Country, region or territory not supported.'],
  ],
  [404, ['invalid_request_error', 'model_not_found', 'The model does not exist or you do not have access to it.']],
  [408, ['timeout', null, 'Request timed out.']],
  [409, ['conflict', null, 'The resource was changed by another request.']],
  [413, ['invalid_request_error', 'request_too_large', 'The request is too large.']],
  [422, ['invalid_request_error', null, 'The request could not be processed.']],
  [429, ['requests', 'rate_limit_exceeded', 'Rate limit reached for requests per minute.']],
  [500, ['server_error', null, 'The server had an error while processing your request.']],
  [503, ['server_error', null, 'The engine is currently overloaded, please try again later.']],
]);

const byCode: ReadonlyMap<string, readonly [type: string, message: string, param: string | null]> = new Map([
  [
    'insufficient_quota',
    ['insufficient_quota', 'You exceeded your current quota, please check your plan and billing details.', null],
  ],
  [
    'context_length_exceeded',
    [
      'invalid_request_error',
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 200000 tokens.",
      'messages',
    ],
  ],
  [
    'content_filter',
    [
      'invalid_request_error',
      'The response was filtered due to the prompt triggering the content management policy.',
      'prompt',
    ],
  ],
]);

export function openAiError({ status, code, message }: ErrorAnswer): OpenAiError {
  const [type, statusCode, statusMessage] = byStatus.get(status) ?? [
    'server_error',
    null,
    `The server answered ${status}.`,
  ];
  const error = code === undefined ? undefined : byCode.get(code);
  return {
    message: message ?? error?.[1] ?? statusMessage,
    type: error?.[0] ?? type,
    param: error?.[2] ?? null,
    code: code ?? statusCode,
  };
}
