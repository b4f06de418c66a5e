/** A piece of evidence that a text gives orders to the model. */
import type { InjectionRule } from './order-rules.ts';

export interface InjectionHit {
  readonly rule: InjectionRule;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

/** Receives every hit. */
export type Collect = (hit: InjectionHit) => void;
