/** What a check is made of, and what it is weighed by. */
import type { ConfigError } from '../../config/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import type { CompositionError } from '../../supergraph/index.ts';
import type { Approval } from './approvals/approval.ts';
import type { Owners } from './approvals/owners.ts';
import type { CheckedDocument } from './sections/documents-section.ts';
import type { UsageReader, UsageWindow } from './usage-reader.ts';
import type { Thresholds } from './weigh.ts';

export interface CheckOptions {
  /** What serves; undefined: nothing has been published. */
  readonly before: SupergraphParts | undefined;
  /** The candidate, or why it is none. */
  readonly after: SupergraphParts | CompositionError | ConfigError;
  /** Undefined: nothing is known of traffic, and every breaking change breaks. */
  readonly usage: UsageReader | undefined;
  readonly window: UsageWindow;
  /** @default whatever is used breaks */
  readonly thresholds?: Thresholds | undefined;
  /** @default none */
  readonly trustedDocuments?: readonly CheckedDocument[] | undefined;
  /** @default nobody owns anything */
  readonly owners?: Owners | undefined;
  /** The team that makes the change; undefined: none that owns anything. */
  readonly team?: string | undefined;
  /** Of this graph, however old. @default none */
  readonly approvals?: readonly Approval[] | undefined;
  /** How many of the most used operations are planned and priced. @default 50 */
  readonly operations?: number | undefined;
  /** Whether the tests of changed prompts run; the calls are paid for. @default false */
  readonly testsPrompts?: boolean | undefined;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}
