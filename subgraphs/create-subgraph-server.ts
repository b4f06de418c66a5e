import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';

/** Type -> field -> resolver; `never` because each resolver states its own source and arguments. */
export type Resolvers<Context> = Readonly<
  Record<string, Readonly<Record<string, (source: never, args: never, context: Context) => unknown>>>
>;

type SchemaModule = Extract<Parameters<typeof buildSubgraphSchema>[0], readonly unknown[]>[number];

/**
 * A started Apollo Server for one version of a subgraph's schema. Resolvers of fields the schema no longer has are left
 * aside; fields without a resolver read the property of their name, so that a field just added answers null.
 *
 * @throws Error where the SDL is invalid
 */
export async function createSubgraphServer<Context extends object>(
  sdl: string,
  resolvers: Resolvers<Context>,
): Promise<ApolloServer<Context>> {
  const server = new ApolloServer<Context>({
    schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers } as SchemaModule]),
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    persistedQueries: false,
    formatError(formatted) {
      if (formatted.extensions?.code !== 'INTERNAL_SERVER_ERROR') return formatted;
      process.stderr.write(`${formatted.message}\n`);
      return { ...formatted, message: 'Something went wrong in the subgraph.' };
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await server.start();
  return server;
}
