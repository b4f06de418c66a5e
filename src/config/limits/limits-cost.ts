/** `limits.cost`: how operations are priced in points, and what they may cost. */
import { z } from 'zod';

/** How much operations may cost. */
export const points = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const listSize = z.number().int().min(0).max(1_000_000_000);

/** Of lists that nothing gives a size. */
const defaultListSize = 10;

export const costYaml = z
  .strictObject({
    max: points
      .optional()
      .describe('The most points an operation may be estimated at (COST_ESTIMATED_TOO_EXPENSIVE). Default: no limit.'),
    list_size: listSize
      .default(defaultListSize)
      .describe('How many items a list is estimated at that no `@listSize` gives a size.'),
    mode: z
      .enum(['enforce', 'measure'])
      .optional()
      .describe('`measure` serves operations that cost too much, and logs them. Default: limits.mode.'),
    headers: z
      .boolean()
      .default(false)
      .describe('Whether every answer says what it cost: `isthmus-cost-estimated` and `isthmus-cost-actual`.'),
    subgraphs: z
      .record(
        z.string().min(1),
        z.strictObject({
          max: points
            .optional()
            .describe(
              'The most points the requests of one operation to the subgraph may be estimated at; with more they are not sent, and their fields are null (SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE). Default: no limit.',
            ),
          list_size: listSize
            .optional()
            .describe('The list size of the subgraph’s fields. Default: limits.cost.list_size.'),
        }),
      )
      .default({})
      .describe('Limits of single subgraphs, by their names.'),
  })
  .describe('What operations may cost, in points, by `@cost` and `@listSize`. Without this key nothing is priced.');

/** How operations are priced. */
export interface CostConfig {
  readonly listSize: number;
  readonly mode: 'enforce' | 'measure';
  /** Whether answers say what they cost without being asked. */
  readonly headers: boolean;
  readonly subgraphs: readonly SubgraphCost[];
}

export interface SubgraphCost {
  readonly name: string;
  /** Points; infinite where there is no limit. */
  readonly max: number;
  readonly listSize: number;
}

export function resolveCost(cost: z.output<typeof costYaml>, mode: CostConfig['mode']): CostConfig {
  const { list_size: listSize, headers, subgraphs } = cost;
  return {
    listSize,
    mode: cost.mode ?? mode,
    headers,
    subgraphs: Object.entries(subgraphs).map(
      ([name, { max = Number.POSITIVE_INFINITY, list_size: own = listSize }]) => ({
        name,
        max,
        listSize: own,
      }),
    ),
  };
}

/** How many items a list of the subgraph is estimated at that nothing else gives a size. */
export function listSizeIn(cost: CostConfig | undefined, subgraph: string): number {
  if (cost === undefined) return defaultListSize;
  return cost.subgraphs.find(({ name }) => name === subgraph)?.listSize ?? cost.listSize;
}
