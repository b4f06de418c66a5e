export { createPortSignals, SignalRelay } from './port-signals.ts';
export {
  publishRevisions,
  RevisionClock,
  type RevisionTeller,
  revisionPollMs,
  type TableRevisions,
} from './revision-clock.ts';
export { noSignals, type Signals } from './signals.ts';
