/**
 * What is changed of one request so that its target takes it, by the provider's policy (`ai.providers.<name>.unsupported`):
 *
 * - `adapt`: what changes nothing of what is asked is left out, a value the target does not know becomes its nearest one
 * - `drop`: settings that only steer how an answer is written (`seed`, `top_k`, penalties) are left out as well
 * - `refuse`: nothing is changed
 *
 * Whatever is changed is told by the client's name of it. What is neither adapted nor dropped is refused by name.
 */
import { ProviderFailure, type UnsupportedPolicy } from '../model.ts';

/** More are not told: a header has bounds. */
const mostTold = 32;

export class Adaptation {
  readonly policy: UnsupportedPolicy;
  readonly #told: string[];

  constructor(policy: UnsupportedPolicy, told: string[] = []) {
    this.policy = policy;
    this.#told = told;
  }

  /**
   * A field that changes nothing of what is asked.
   *
   * @param words what is refused, where the policy says so. @default the name
   */
  leaveOut(name: string, words = name): void {
    if (this.policy === 'refuse') throw refusal(words);
    this.#tell(name);
  }

  /** A value that becomes the nearest one the target takes. */
  change(name: string, value: string | number): void {
    if (this.policy === 'refuse') throw refusal(name);
    this.#tell(`${name}=${value}`);
  }

  /** A setting that steers how the answer is written. */
  drop(name: string): void {
    if (this.policy !== 'drop') throw refusal(name);
    this.#tell(name);
  }

  /** What was changed on the way, and is no more to be judged. */
  tell(changes: readonly string[]): void {
    for (const what of changes) this.#tell(what);
  }

  #tell(changed: string): void {
    // Clients name fields as they like: what is told holds nothing but a name.
    const what = changed.replace(/[^\w.[\]() =-]/g, '?').slice(0, 80);
    if (this.#told.length < mostTold && !this.#told.includes(what)) this.#told.push(what);
  }
}

function refusal(name: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail: name });
}
