export { normaliseResponse } from './normalise-response.ts';
export { readResponse } from './read-response.ts';
export { isResponsesBody, readResponsesAsChat } from './read-responses-as-chat.ts';
export { readResponsesRequest } from './read-responses-request.ts';
export { ResponsesStreamReader } from './read-responses-stream.ts';
export { responsesUsage, writeResponsesAnswer } from './write-response.ts';
export { writeResponsesRequest } from './write-responses-request.ts';
export { ResponsesStream } from './write-responses-stream.ts';
