/**
 * Which contract a request has: the first of its path whose conditions all hold. A path of its own is for the callers of
 * its contracts alone; at the GraphQL endpoint, where no contract holds, a request has the whole schema. A condition that
 * cannot be evaluated refuses the request: the next contract, or the whole schema, may show what this one leaves out.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ConfigError, type ContractConfig, type ResolvedConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import { createRequestCondition, type RequestCondition } from '../policies/expression-policy.ts';
import type { Principal } from '../principal.ts';

interface Candidate {
  readonly name: string;
  readonly header: ContractConfig['header'];
  readonly condition: RequestCondition | undefined;
}

/** The contracts of one path. */
interface Candidates {
  readonly contracts: readonly Candidate[];
  /** By caller, where nothing else decides; undefined: the request decides as well. */
  readonly byCaller: WeakMap<Principal, Choice> | undefined;
}

type Choice =
  | { readonly contract: string | undefined }
  /** Its condition cannot be evaluated for the reason. */
  | { readonly undecided: string; readonly reason: string };

export class ContractChoice {
  readonly #graphqlPath: string;
  readonly #byPath = new Map<string, Candidates>();
  readonly #log: Logger | undefined;
  /** Contracts of which the log tells: once each, since every request may be such a one. */
  readonly #logged = new Set<string>();

  constructor(contracts: readonly (Candidate & { readonly path: string })[], graphqlPath: string, log?: Logger) {
    this.#graphqlPath = graphqlPath;
    this.#log = log;
    for (const [path, candidates] of Map.groupBy(contracts, (contract) => contract.path)) {
      const readsRequest = candidates.some(
        ({ header, condition }) => header !== undefined || condition?.readsRequest === true,
      );
      this.#byPath.set(path, { contracts: candidates, byCaller: readsRequest ? undefined : new WeakMap() });
    }
  }

  /** Whether a contract has this path, which is not the GraphQL endpoint's. */
  hasPath(path: string): boolean {
    return path !== this.#graphqlPath && this.#byPath.has(path);
  }

  /**
   * @param path of the request, without its query
   * @returns the contract's name; undefined: the whole schema
   * @throws GatewayError `FORBIDDEN` where the path is not for this caller or a condition cannot be evaluated, `NOT_FOUND`
   * where no contract has the path
   */
  choose(principal: Principal, headers: IncomingHttpHeaders, path: string): string | undefined {
    const candidates = this.#byPath.get(path);
    if (candidates === undefined) {
      if (path !== this.#graphqlPath) throw new GatewayError('NOT_FOUND');
      return undefined;
    }
    const choice = chosen(candidates, principal, headers);
    if ('undecided' in choice) throw this.#refusal(choice.undecided, choice.reason);
    const { contract } = choice;
    if (contract === undefined && path !== this.#graphqlPath) throw new GatewayError('FORBIDDEN');
    return contract;
  }

  #refusal(contract: string, reason: string): GatewayError {
    if (!this.#logged.has(contract)) {
      this.#logged.add(contract);
      this.#log?.warn({ contract, reason }, 'requests are refused: the contract’s `when` cannot be evaluated for them');
    }
    return new GatewayError('FORBIDDEN', { detail: `access.contracts.${contract}.when: ${reason}` });
  }
}

/** 0.01 µs where callers decide alone, 0.24 µs with an expression about the request. */
function chosen({ contracts, byCaller }: Candidates, principal: Principal, headers: IncomingHttpHeaders): Choice {
  let choice = byCaller?.get(principal);
  if (choice === undefined) {
    choice = firstHolding(contracts, principal, headers);
    byCaller?.set(principal, choice);
  }
  return choice;
}

function firstHolding(contracts: readonly Candidate[], principal: Principal, headers: IncomingHttpHeaders): Choice {
  for (const { name, header, condition } of contracts) {
    if (header !== undefined && headers[header.name] !== header.value) continue;
    const holds = condition === undefined || condition.decide(principal, { headers });
    if (typeof holds === 'string') return { undecided: name, reason: holds };
    if (holds) return { contract: name };
  }
  return { contract: undefined };
}

/**
 * @returns undefined where no contract is configured
 * @throws ConfigError with every condition that is not an expression, and its line
 */
export function createContractChoice(
  { file, access, server }: Pick<ResolvedConfig, 'file' | 'access' | 'server'>,
  log?: Logger,
): ContractChoice | undefined {
  const problems: { readonly path: string; readonly line: number | undefined; readonly message: string }[] = [];
  const candidates = access.contracts.flatMap(({ name, header, when, path, place, line }) => {
    const condition = when === undefined ? undefined : createRequestCondition(when);
    if (typeof condition !== 'string') return [{ name, header, condition, path: path ?? server.graphqlPath }];
    problems.push({ path: `${place}.when`, line, message: condition });
    return [];
  });
  if (problems.length > 0) throw new ConfigError(file, problems);
  return candidates.length === 0 ? undefined : new ContractChoice(candidates, server.graphqlPath, log);
}
