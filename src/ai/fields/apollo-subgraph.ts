/** Makes the schemas of AI subgraphs: loaded where there are AI fields. */
import type * as ApolloSubgraph from '@apollo/subgraph';
import { packageOnDemand } from '../../lib/index.ts';

export const apolloSubgraph = packageOnDemand<typeof ApolloSubgraph>('@apollo/subgraph');
