export { LineReader, type LineRing, LineWriter } from './line-ring.ts';
export { answerPortCalls, createPortCaller, type PortCaller } from './port-calls.ts';
export { shrinkWhenIdle } from './shrink-when-idle.ts';
