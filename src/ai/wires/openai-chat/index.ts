export { normaliseChatCompletion } from './normalise-chat-completion.ts';
export { readChatCompletion } from './read-chat-completion.ts';
export { type ChatCall, readChatRequest } from './read-chat-request.ts';
export { ChatStreamReader } from './read-chat-stream.ts';
export { writeChatAnswer } from './write-chat-completion.ts';
export { writeChatRequest } from './write-chat-request.ts';
export { ChatStream } from './write-chat-stream.ts';
