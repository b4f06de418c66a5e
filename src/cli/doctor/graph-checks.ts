/** The graph: whether it composes, and whether its subgraphs answer with the schema that the gateway composes. */
import { readPromptFolder } from '../../ai/fields/index.ts';
import type { ResolvedConfig, SubgraphConfig } from '../../config/index.ts';
import { readTextFile } from '../../lib/index.ts';
import { readSupergraph } from '../../read-supergraph.ts';
import { CompositionError, introspectSdl, reasonOf, SchemaRefusedError } from '../../supergraph/index.ts';
import { clockFinding } from './clock-finding.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { schemaLines } from './schema-lines.ts';

export async function compositionFindings(config: ResolvedConfig): Promise<readonly Finding[]> {
  try {
    const { composition } = await readSupergraph(config);
    return [
      ok('composition', `the graph composes${composition.hints.length > 0 ? ', with hints: `isthmus compose`' : ''}`),
    ];
  } catch (error) {
    if (!(error instanceof CompositionError)) throw error;
    return error.problems.map(({ code, message, places, suggestedFix }) => {
      const where = places.map(
        ({ subgraph, origin, line }) => `${subgraph} (${origin}${line === undefined ? '' : `:${line}`})`,
      );
      return problem(
        'composition',
        `${code}${where.length > 0 ? ` in ${where.join(', ')}` : ''}: ${message}`,
        suggestedFix,
      );
    });
  }
}

export async function promptFindings({ subgraphs }: ResolvedConfig): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    subgraphs.map(async (subgraph): Promise<readonly Finding[]> => {
      if (subgraph.kind !== 'ai') return [];
      const folder = await readPromptFolder(subgraph.promptsFolder);
      const broken = [...folder.errors].map(([file, { line, message }]) =>
        problem(
          'prompts',
          `${subgraph.name}: ${file}${line === undefined ? '' : `:${line}`}: ${message}`,
          'correct the line shown',
        ),
      );
      return broken.length > 0 ? broken : [ok('prompts', `${folder.list().length} of ${subgraph.name} can be read`)];
    }),
  );
  return findings.flat();
}

type HttpSubgraph = Extract<SubgraphConfig, { kind: 'http' }>;

export async function subgraphFindings(config: ResolvedConfig): Promise<readonly Finding[]> {
  const http = config.subgraphs.filter((subgraph): subgraph is HttpSubgraph => subgraph.kind === 'http');
  return (await Promise.all(http.map((subgraph) => subgraphFinding(subgraph, config)))).flat();
}

const timeoutMs = 3_000;

async function subgraphFinding(
  { name, routingUrl, schema }: HttpSubgraph,
  { traffic, access }: ResolvedConfig,
): Promise<readonly Finding[]> {
  const check = `subgraph ${name}`;
  const tls = traffic.subgraphs[name]?.tls;
  let sdl: string;
  try {
    sdl = await introspectSdl(name, routingUrl, { timeoutMs, tls });
  } catch (error) {
    const fix = `start it, or correct subgraphs.${name}.routing_url`;
    const reason = reasonOf(error);
    const isRefused = error instanceof SchemaRefusedError;
    // Introspection carries no statement of who asks.
    if (isRefused && error.isForKnownCallers && access.toSubgraphs !== undefined)
      return [ok(check, `${withoutUser(routingUrl)} answers gateways alone: its schema is not compared`)];
    const isUp = isRefused || /HTTP 4|GRAPHQL/i.test(reason);
    const message = `${withoutUser(routingUrl)}: ${reason}`;
    return [
      isUp
        ? warning(check, message, 'let it answer { _service { sdl } }: its schema cannot be compared')
        : problem(check, message, fix),
    ];
  }
  const clock = await clockFinding(check, routingUrl);
  const findings = clock === undefined ? [] : [clock];
  if (schema.kind !== 'file') return [ok(check, `${withoutUser(routingUrl)} answers`), ...findings];
  const file = await readTextFile(schema.path);
  if (isSameSchema(file, sdl))
    return [ok(check, `${withoutUser(routingUrl)} has the schema of ${schema.path}`), ...findings];
  const fix = `\`isthmus subgraph introspect ${withoutUser(routingUrl)} --output ${schema.path}\`, or deploy the subgraph`;
  return [warning(check, `it serves another schema than ${schema.path}`, fix), ...findings];
}

/** Where one of them is no schema, composing says so. */
function isSameSchema(one: string, other: string): boolean {
  try {
    return schemaLines(one).symmetricDifference(schemaLines(other)).size === 0;
  } catch {
    return false;
  }
}

function withoutUser(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//');
}
