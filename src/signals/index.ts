export { createPortSignals, SignalRelay } from './port-signals.ts';
export { noSignals, type Signals } from './signals.ts';
