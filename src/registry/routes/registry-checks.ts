/** Checks of changes before they are published: what they are weighed by, who owns what, and what has been approved. */
import { ConfigError, type GraphRef, type ResolvedConfig } from '../../config/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import type { CompositionError } from '../../supergraph/index.ts';
import { type Usage, type UsageRequest, WindowedUsage } from '../../usage/index.ts';
import type { Approval, Approved, ApproveOptions, CheckReport } from '../checks/index.ts';
import { type Candidate, type ContentChange, type Registry, RegistryError } from '../publish/index.ts';

export interface RegistryChecksOptions {
  readonly registry: Registry;
  /** @throws ConfigError */
  readonly loadConfig: () => Promise<ResolvedConfig>;
  /** What operations have used; undefined: nothing is recorded. */
  readonly usage: ((request: UsageRequest) => Promise<Usage>) | undefined;
  readonly log: Logger;
}

export interface CheckRequest {
  readonly change: ContentChange;
  /** The team that makes the change; undefined: none that owns anything. */
  readonly team: string | undefined;
  /** Whether the tests of changed prompts run, which is paid for. */
  readonly testsPrompts?: boolean | undefined;
}

export class RegistryChecks {
  readonly #options: RegistryChecksOptions;

  constructor(options: RegistryChecksOptions) {
    this.#options = options;
  }

  /** @throws RegistryError where the change names what is not there */
  async check(ref: GraphRef, { change, team, testsPrompts }: CheckRequest, signal?: AbortSignal): Promise<CheckReport> {
    const { registry, loadConfig, usage, log } = this.#options;
    const { checkChange, configuredCheck } = await import('../checks/index.ts');
    const { readTrustedDocuments } = await import('../../persisted/index.ts');
    const candidate = await registry.candidate(ref, change);
    const config = await loadConfig();
    return checkChange({
      before: await registry.readBase(candidate),
      after: await this.#readCandidate(candidate),
      usage: usage && new WindowedUsage(usage),
      ...configuredCheck(config.registry.checks, Date.now()),
      trustedDocuments: await readTrustedDocuments(config, log),
      team,
      approvals: await this.#approvals(ref),
      testsPrompts,
      log,
      signal,
    });
  }

  /** Approves what a check of the change waits for, for it and all later checks of the same change. */
  async approve(ref: GraphRef, request: CheckRequest, options: ApproveOptions): Promise<Approved> {
    const { approve } = await import('../checks/index.ts');
    const approved = approve(await this.check(ref, { ...request, team: undefined }), options);
    if (approved.approvals.length > 0)
      await this.#options.registry.table.approve(ref, approved.approvals, { actor: options.actor, at: options.at });
    return approved;
  }

  /** @throws RegistryError where the change waits for the owner of what it changes */
  async refuseUnapproved(ref: GraphRef, request: CheckRequest, signal: AbortSignal): Promise<void> {
    const { owners } = (await this.#options.loadConfig()).registry.checks;
    if (Object.keys(owners).length === 0) return;
    const report = await this.check(ref, request, signal);
    const foreign = report.sections
      .flatMap(({ findings }) => findings)
      .filter(({ owner, approval }) => owner !== undefined && approval === undefined);
    if (foreign.length === 0) return;
    const waits = foreign
      .slice(0, mostNamed)
      .map(({ subject, owner, change }) => `${subject ?? 'a change'} for ${owner} (${change})`);
    throw new RegistryError(
      'CONFLICT',
      `the change waits for the owners of what it changes: ${waits.join(', ')}; they approve it with \`isthmus subgraph approve\``,
    );
  }

  async #readCandidate(candidate: Candidate): Promise<SupergraphParts | CompositionError | ConfigError> {
    try {
      return await this.#options.registry.read(candidate);
    } catch (error) {
      const { CompositionError } = await import('../../supergraph/index.ts');
      if (error instanceof CompositionError || error instanceof ConfigError) return error;
      throw error;
    }
  }

  async #approvals(ref: GraphRef): Promise<readonly Approval[]> {
    return (await this.#options.registry.table.approvals(ref)) as readonly Approval[];
  }
}

const mostNamed = 5;
