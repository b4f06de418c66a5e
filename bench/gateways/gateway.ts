/** A gateway that is measured: how it is started, and what is said about it. */
import type { BenchGraph } from '../graphs/graph.ts';
import type { Mode } from '../operations.ts';
import type { Child } from '../process/child.ts';

/** Files and ports that every gateway of one graph is started with. */
export interface GraphFiles {
  readonly graph: BenchGraph;
  /** A folder for the files of this run. */
  readonly folder: string;
  readonly upstreamPort: number;
  /** What the peers read; Isthmus composes it itself. */
  readonly supergraphFile: string;
}

export interface BenchGateway {
  /** As on the command line: `--only isthmus,apollo`. */
  readonly name: GatewayName;
  /** As in the table. */
  readonly title: string;
  readonly path: string;
  /** Why it cannot be measured here; undefined where it can. */
  whyNot(): string | undefined;
  start(files: GraphFiles, mode: Mode, port: number): Child;
  version(): string;
}

export type GatewayName = 'isthmus' | 'apollo' | 'hive' | 'proxy';
