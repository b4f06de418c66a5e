/**
 * What is changed of one request so that its target takes it, by the provider's policy (`ai.providers.<name>.unsupported`):
 *
 * - `adapt`: what changes nothing of what is asked is left out, a value the target does not know becomes its nearest one
 * - `drop`: settings that only steer how an answer is written (`seed`, `top_k`, penalties) are left out as well
 * - `refuse`: nothing is changed
 *
 * Whatever is changed is told by the client's name of it. What is neither adapted nor dropped is refused by name.
 */
import { type ModelRequest, type ProviderCall, ProviderFailure, type UnsupportedPolicy } from '../model-call/index.ts';

type FieldNames = Readonly<Record<string, string>>;

const ofResponses: FieldNames = { max_tokens: 'max_output_tokens', reasoning_effort: 'reasoning.effort' };

/** Notes in `call` what one attempt changes of a request. */
export function adaptationOf(
  request: ModelRequest,
  policy: UnsupportedPolicy,
  { adapted, maxOutputTokens }: Pick<ProviderCall, 'adapted' | 'maxOutputTokens'>,
): Adaptation {
  const names = request.wire?.wire === 'openai-responses' ? ofResponses : (request.names ?? {});
  return new Adaptation(policy, adapted, names, maxOutputTokens);
}

/** More are not told: a header has bounds. */
const mostChanges = 32;

export class Adaptation {
  readonly policy: UnsupportedPolicy;
  readonly #told: string[];
  readonly #names: FieldNames;

  /** The most the target writes, where the configuration says so. */
  readonly outputLimit: number | undefined;

  /** @param names what the client calls fields that are called otherwise here */
  constructor(policy: UnsupportedPolicy, changes: string[] = [], names: FieldNames = {}, outputLimit?: number) {
    this.policy = policy;
    this.outputLimit = outputLimit;
    this.#told = changes;
    this.#names = names;
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
    this.#tell(name, `=${value}`);
  }

  /** A setting that steers how the answer is written. */
  drop(name: string): void {
    if (this.policy !== 'drop') throw refusal(name);
    this.#tell(name);
  }

  /** What was changed on the way, and is no more to be judged. */
  tell(changes: readonly string[]): void {
    for (const what of changes) {
      const [name = '', value] = what.split('=', 2);
      this.#tell(name, value === undefined ? '' : `=${value}`);
    }
  }

  #tell(name: string, value = ''): void {
    const called = Object.hasOwn(this.#names, name) ? this.#names[name] : name;
    // Clients name fields as they like: what is told holds nothing but a name.
    const what = `${called}${value}`.replace(/[^\w.[\]() =-]/g, '?').slice(0, 80);
    if (this.#told.length < mostChanges && !this.#told.includes(what)) this.#told.push(what);
  }
}

function refusal(name: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail: name });
}
