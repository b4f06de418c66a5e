/** Checks of changes before they are published: what they are weighed by, who owns what, and what has been approved. */
import { ConfigError, type GraphRef, type ResolvedConfig } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import type { CompositionError } from '../../supergraph/index.ts';
import { type Usage, type UsageRequest, WindowedUsage } from '../../usage/index.ts';
import type { Approval, Approved, ApproveOptions, CheckReport } from '../checks/index.ts';
import { contentHashOf } from '../generation/index.ts';
import { type Author, type Candidate, type ContentChange, type Registry, RegistryError } from '../publish/index.ts';

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

  /**
   * Checks a change and keeps what came of it.
   * @throws RegistryError where the change names what is not there
   */
  async check(ref: GraphRef, request: CheckRequest, author: Author, signal?: AbortSignal): Promise<CheckReport> {
    const { report, contentHash } = await this.#examine(ref, request, signal);
    const { outcome, at } = report;
    const id = await this.#options.registry.table.checks.append({
      ...ref,
      at,
      actor: author.actor,
      commit: author.commit,
      subjects: subjectsOf(request.change),
      contentHash,
      outcome,
      sections: report.sections.map(({ name, outcome }) => ({ name, outcome })),
      report: bounded(report),
    });
    return { ...report, id };
  }

  async #examine(
    ref: GraphRef,
    { change, team, testsPrompts }: CheckRequest,
    signal?: AbortSignal,
  ): Promise<{ readonly report: CheckReport; readonly contentHash: string }> {
    const { registry, loadConfig, usage, log } = this.#options;
    const { checkChange, configuredCheck } = await import('../checks/index.ts');
    const { readTrustedDocuments } = await import('../../persisted/index.ts');
    const candidate = await registry.candidate(ref, change);
    const config = await loadConfig();
    const report = await checkChange({
      before: await registry.readBase(candidate),
      after: await this.#readCandidate(candidate),
      usage: usage && new WindowedUsage(usage),
      ...configuredCheck(config.registry.checks, ref, Date.now()),
      trustedDocuments: await readTrustedDocuments(config, log),
      team,
      approvals: await this.#approvals(ref),
      testsPrompts,
      log,
      signal,
    });
    return { report, contentHash: contentHashOf(candidate.content) };
  }

  /** Approves what a check of the change waits for, for it and all later checks of the same change. */
  async approve(ref: GraphRef, request: CheckRequest, options: ApproveOptions): Promise<Approved> {
    const { approve } = await import('../checks/index.ts');
    const { report } = await this.#examine(ref, { ...request, team: undefined });
    const approved = approve(report, options);
    if (approved.approvals.length > 0)
      await this.#options.registry.table.approve(ref, approved.approvals, { actor: options.actor, at: options.at });
    return approved;
  }

  /** @throws RegistryError where the change waits for the owner of what it changes */
  async refuseUnapproved(ref: GraphRef, request: CheckRequest, signal: AbortSignal): Promise<void> {
    const { owners } = (await this.#options.loadConfig()).registry.checks;
    if (Object.keys(owners).length === 0) return;
    const { report } = await this.#examine(ref, request, signal);
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
/** Of a section, in what is kept: its counts tell how many there were. */
const maxFindings = 50;

function bounded(report: CheckReport): CheckReport {
  const sections = report.sections.map((section) => ({ ...section, findings: section.findings.slice(0, maxFindings) }));
  return { ...report, sections };
}

/** The subgraphs that a change is about, or the applications whose documents it changes. */
function subjectsOf(change: ContentChange): readonly string[] {
  switch (change.kind) {
    case 'publish':
      return change.subgraphs.map(({ name }) => name);
    case 'delete':
      return change.subgraphs;
    case 'operations':
      return Object.keys(change.manifests);
    default:
      return unreachable(change);
  }
}
