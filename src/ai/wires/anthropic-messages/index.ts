export { type MessagesOutput, messagesOutput } from './messages-output.ts';
export { type MessageContext, readMessage } from './read-message.ts';
export { messageFailure, messageFailureKind } from './read-message-failure.ts';
export { MessageStreamReader } from './read-message-stream.ts';
export { readMessagesRequest } from './read-messages-request.ts';
export { onlyStop } from './stop-details.ts';
export { writeMessagesAnswer } from './write-message.ts';
export { type MessagesRequest, type MessagesSettings, writeMessagesRequest } from './write-messages-request.ts';
export { MessagesStream } from './write-messages-stream.ts';
