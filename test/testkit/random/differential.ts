/**
 * Random operations, answered by an engine and by the monolith of the same data. Text is compared, so the order of keys
 * counts. One seed is one operation: `SEED=<seed> OPERATIONS=1` repeats a disagreement that was printed.
 */
import { Random } from './random.ts';
import { type RandomOperation, randomOperation } from './random-operation.ts';
import type { Answer, TestGraph } from './test-graph.ts';

export interface DifferentialOptions {
  readonly graph: TestGraph;
  /** How many operations, unless OPERATIONS is set. */
  readonly operations: number;
  readonly shadowing?: boolean;
  readonly mutations?: number;
  /** Which engine is compared. @default 'isthmus' */
  readonly engine?: 'isthmus' | 'reference';
  readonly seed?: number;
  /** Whether an answer has errors exactly where the monolith's has some. @default true */
  readonly comparesErrors?: boolean;
}

export interface Disagreement extends RandomOperation {
  readonly seed: number;
  readonly ours: Answer | string;
  readonly monolith: Answer;
}

export interface DifferentialReport {
  readonly compared: number;
  readonly discarded: number;
  /** Operations whose answer had errors in the monolith too; their data is compared as well. */
  readonly withErrors: number;
  readonly disagreements: readonly Disagreement[];
}

export async function compareWithMonolith(options: DifferentialOptions): Promise<DifferentialReport> {
  const { graph, shadowing = true, mutations = 0, seed: firstSeed = 1, comparesErrors = true } = options;
  const engine = options.engine === 'reference' ? await graph.reference() : graph.engine;
  const seed = Number(process.env.SEED ?? firstSeed);
  const operations = Number(process.env.OPERATIONS ?? options.operations);
  const disagreements: Disagreement[] = [];
  let discarded = 0;
  let withErrors = 0;
  for (let current = seed; current < seed + operations; current++) {
    const operation = randomOperation({
      schema: graph.apiSchema,
      random: new Random(current),
      ids: graph.ids,
      shadowing,
      mutations,
    });
    discarded += operation.discarded;
    const { query, variables, operationName } = operation;
    const monolith = await graph.monolith(query, variables, operationName);
    if (monolith.errors.length > 0) withErrors++;
    graph.random = new Random(current);
    let ours: Answer | string;
    try {
      ours = await graph.run(engine, query, variables, operationName);
    } catch (error) {
      ours = `threw ${error instanceof Error ? error.stack : String(error)}${error instanceof Error && error.cause instanceof Error ? `\n${error.cause.stack}` : ''}`;
    }
    const agrees =
      typeof ours !== 'string' &&
      ours.data === monolith.data &&
      (!comparesErrors || ours.errors.length > 0 === monolith.errors.length > 0);
    if (!agrees) disagreements.push({ ...operation, seed: current, ours, monolith });
  }
  return { compared: operations, discarded, withErrors, disagreements };
}

/** All that is needed to see a disagreement, and to run it again. */
export function describeDisagreement(
  graph: TestGraph,
  { seed, query, variables, operationName, ours, monolith }: Disagreement,
): string {
  const { text, plan } = graph.explain(query, variables, operationName);
  return [
    `${graph.name}, SEED=${seed} OPERATIONS=1`,
    query,
    `variables ${JSON.stringify(variables)}${operationName === undefined ? '' : `, operation ${operationName}`}`,
    `ours      ${typeof ours === 'string' ? ours : ours.data}`,
    ...(typeof ours === 'string' || ours.errors.length === 0 ? [] : [`  errors  ${JSON.stringify(ours.errors)}`]),
    `monolith  ${monolith.data}`,
    ...(monolith.errors.length === 0 ? [] : [`  errors  ${JSON.stringify(monolith.errors)}`]),
    `normalised ${text}`,
    `plan ${JSON.stringify(plan, null, 1)}`,
  ].join('\n');
}
