export { onlyStop, stopOf, withCitations } from './anthropic-extras.ts';
export { readMessage } from './read-message.ts';
export { MessageEvents } from './read-message-events.ts';
export { readMessagesRequest } from './read-messages-request.ts';
export { writeMessagesAnswer } from './write-message.ts';
export { MessagesStream } from './write-messages-stream.ts';
