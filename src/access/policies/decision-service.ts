/**
 * Policies that a decision service decides, in the form of Open Policy Agent's data API. All checks of one operation that
 * go to one URL are one request:
 *
 *     POST {"input": {"principal": …, "request": …, "checks": [{"policy": "may_see", "args": {"id": "1"}}]}}
 *     200  {"result": {"may_see": true}}
 *
 * The result is one decision for all checks, an object of decisions by policy, or a list in the order of the checks; in an
 * object, a list is in the order of that policy's checks. What is not `true` denies.
 */
import { LRUCache } from 'lru-cache';
import { messageOf } from '../../errors/index.ts';
import { abortSignalOf, canonicalJson, readBounded } from '../../lib/index.ts';
import { principalKey } from '../principal.ts';
import type { Policy, PolicyInput, PolicyRequest, PolicyRun } from './policy.ts';

export interface DecisionPolicyOptions {
  readonly name: string;
  readonly sendsArguments: boolean;
  readonly timeoutMs: number;
  readonly cacheMs: number;
  readonly fail: 'closed' | 'open';
}

/** A decision is a few bytes; the answer to a long list of checks is still far below this. */
const maxAnswerBytes = 1_000_000;
/** Decisions that are cached at once, over all callers. */
const maxDecisions = 10_000;

/** One check on its way: what is asked, and where the decision goes. */
interface Check {
  readonly policy: DecisionPolicyOptions;
  readonly input: PolicyInput;
  readonly settle: (decision: boolean) => void;
}

interface Batch {
  readonly checks: Check[];
  readonly run: PolicyRun;
}

export class DecisionService {
  readonly #url: string;
  readonly #batches = new Map<PolicyRequest, Batch>();
  readonly #decisions = new LRUCache<string, boolean>({ max: maxDecisions });

  constructor(url: string) {
    this.#url = url;
  }

  policy(options: DecisionPolicyOptions): Policy {
    const { name, sendsArguments } = options;
    return {
      name,
      readsArguments: sendsArguments,
      readsRequest: true,
      needs: new Set(),
      decide: (inputs, run) => this.#decideAll(options, inputs, run),
      decideRows: (rows, caller, run) =>
        this.#decideAll(
          options,
          rows.map((row) => ({ ...caller, args: {}, row })),
          run,
        ),
    };
  }

  /** Equal inputs are one check. */
  #decideAll(
    policy: DecisionPolicyOptions,
    inputs: readonly PolicyInput[],
    run: PolicyRun,
  ): readonly boolean[] | Promise<readonly boolean[]> {
    const decided = new Map<string, boolean | Promise<boolean>>();
    const decisions = inputs.map((input) => {
      const key = keyOf(policy.name, input);
      const decision = decided.get(key) ?? this.#decisions.get(key) ?? this.#enqueue(policy, input, run);
      decided.set(key, decision);
      return decision;
    });
    return decisions.some((decision) => decision instanceof Promise)
      ? Promise.all(decisions)
      : (decisions as readonly boolean[]);
  }

  /** Checks of one operation are enqueued in one turn, and sent at its end. */
  #enqueue(policy: DecisionPolicyOptions, input: PolicyInput, run: PolicyRun): Promise<boolean> {
    const { request } = input;
    let batch = this.#batches.get(request);
    if (batch === undefined) {
      const created: Batch = { checks: [], run };
      batch = created;
      this.#batches.set(request, created);
      queueMicrotask(() => {
        this.#batches.delete(request);
        void this.#send(created);
      });
    }
    const { checks } = batch;
    return new Promise((settle) => checks.push({ policy, input, settle }));
  }

  async #send({ checks, run: { signal, log } }: Batch): Promise<void> {
    const [first] = checks;
    if (first === undefined) return;
    const timeoutMs = Math.min(...checks.map(({ policy }) => policy.timeoutMs));
    try {
      const { principal, request } = first.input;
      const input = {
        principal,
        request,
        checks: checks.map(({ policy, input: { args, row } }) => {
          if (row !== undefined) return { policy: policy.name, row };
          return policy.sendsArguments ? { policy: policy.name, args } : { policy: policy.name };
        }),
      };
      const result = await this.#ask(
        { input },
        AbortSignal.any([abortSignalOf(signal), AbortSignal.timeout(timeoutMs)]),
      );
      const decisionOf = readResult(checks, result);
      for (const check of checks) {
        const decision = decisionOf(check);
        const { cacheMs, name } = check.policy;
        this.#decisions.set(keyOf(name, check.input), decision, { ttl: cacheMs });
        check.settle(decision);
      }
    } catch (error) {
      if (!signal.aborted) {
        const policies = [...new Set(checks.map(({ policy }) => policy.name))];
        const reason = messageOf(error);
        log.error({ policies, url: this.#url, reason }, 'a decision service did not decide');
      }
      for (const { policy, settle } of checks) settle(policy.fail === 'open' && !signal.aborted);
    }
  }

  async #ask(body: object, signal: AbortSignal): Promise<unknown> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`it answered ${response.status}`);
    }
    const tooLong = () => new Error(`its answer exceeds ${maxAnswerBytes} bytes`);
    const text = (await readBounded(response.body, maxAnswerBytes, tooLong)).toString('utf8');
    const answer: unknown = JSON.parse(text);
    if (answer === null || typeof answer !== 'object' || !('result' in answer))
      throw new Error('its answer has no `result`: no rule of this path decides');
    return answer.result;
  }
}

function keyOf(policy: string, { principal, args, request, row }: PolicyInput): string {
  let requestText = requestTexts.get(request);
  if (requestText === undefined) {
    requestText = canonicalJson(request);
    requestTexts.set(request, requestText);
  }
  return `${canonicalJson([policy, principalKey(principal), args, row ?? null])} ${requestText}`;
}

/** Of a request whose headers would otherwise be printed for each of its objects. */
const requestTexts = new WeakMap<PolicyRequest, string>();

/** @throws Error for a result of none of the forms */
function readResult(checks: readonly Check[], result: unknown): (check: Check) => boolean {
  if (typeof result === 'boolean') return () => result;
  if (Array.isArray(result)) {
    if (result.length !== checks.length) throw new Error(`it decided ${result.length} of ${checks.length} checks`);
    return (check) => result[checks.indexOf(check)] === true;
  }
  if (result === null || typeof result !== 'object') throw new Error('its result is no decision');
  return (check) => {
    const { name } = check.policy;
    const decision: unknown = Object.hasOwn(result, name) ? (result as Record<string, unknown>)[name] : undefined;
    if (!Array.isArray(decision)) return decision === true;
    const ofPolicy = checks.filter(({ policy }) => policy.name === name);
    return decision.length === ofPolicy.length && decision[ofPolicy.indexOf(check)] === true;
  };
}
