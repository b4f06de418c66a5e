/**
 * Adapts a request to its target, by the provider's policy (`ai.providers.<name>.unsupported`):
 *
 * - `adapt`: fields without effect on the answer are omitted, unsupported values become the nearest supported one
 * - `drop`: settings that only influence generation (`seed`, `top_k`, penalties) are omitted as well
 * - `refuse`: nothing is changed
 *
 * Every change is reported by the client's name of the field. What is neither adapted nor dropped is refused by name.
 */
import { type ModelRequest, type ProviderCall, ProviderFailure, type UnsupportedPolicy } from '../model-call/index.ts';

type FieldNames = Readonly<Record<string, string>>;

const responsesNames: FieldNames = { max_tokens: 'max_output_tokens', reasoning_effort: 'reasoning.effort' };

/** Records the changes of one attempt in the call's `adapted`. */
export function adaptationOf(
  request: ModelRequest,
  policy: UnsupportedPolicy,
  { adapted, maxOutputTokens }: Pick<ProviderCall, 'adapted' | 'maxOutputTokens'>,
): Adaptation {
  const names = request.wire?.wire === 'openai-responses' ? responsesNames : (request.names ?? {});
  return new Adaptation(policy, adapted, names, maxOutputTokens);
}

/** The bound of reported changes: they are sent in a header. */
const maxChanges = 32;

export class Adaptation {
  readonly policy: UnsupportedPolicy;
  readonly #changes: string[];
  readonly #names: FieldNames;

  /** The configured bound of the target's output tokens. */
  readonly outputLimit: number | undefined;

  /** @param names the client's names of fields, if they differ from those here */
  constructor(policy: UnsupportedPolicy, changes: string[] = [], names: FieldNames = {}, outputLimit?: number) {
    this.policy = policy;
    this.outputLimit = outputLimit;
    this.#changes = changes;
    this.#names = names;
  }

  /**
   * Omits a field without effect on the answer.
   *
   * @param description names the field if the policy refuses it. @default the name
   */
  omit(name: string, description = name): void {
    if (this.policy === 'refuse') throw refusal(description);
    this.#report(name);
  }

  /** Replaces a value by the nearest one that the target supports. */
  change(name: string, value: string | number): void {
    if (this.policy === 'refuse') throw refusal(name);
    this.#report(name, `=${value}`);
  }

  /** Omits a setting that influences how the answer is generated. */
  drop(name: string): void {
    if (this.policy !== 'drop') throw refusal(name);
    this.#report(name);
  }

  /** Reports changes that the policy has already allowed. */
  report(changes: readonly string[]): void {
    for (const change of changes) {
      const [name = '', value] = change.split('=', 2);
      this.#report(name, value === undefined ? '' : `=${value}`);
    }
  }

  #report(name: string, value = ''): void {
    const clientName = Object.hasOwn(this.#names, name) ? this.#names[name] : name;
    // Field names come from clients: only safe characters are reported.
    const change = `${clientName}${value}`.replace(/[^\w.[\]() =-]/g, '?').slice(0, 80);
    if (this.#changes.length < maxChanges && !this.#changes.includes(change)) this.#changes.push(change);
  }
}

function refusal(name: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail: name });
}
