/** What every measurement on one graph needs: its upstream, the supergraph that the peers read, the reference answers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Supergraph } from '@apollo/federation-internals';
import { lexicographicSortSchema, printSchema } from 'graphql';
import type { GraphFiles } from './gateways/gateway.ts';
import { reference, writeSupergraphYaml } from './gateways/isthmus.ts';
import { type GraphName, loadGraph } from './graphs/graph.ts';
import { sharedBenchmarkFile } from './graphs/shared-data.ts';
import type { BenchOperation } from './operations.ts';
import { type Child, startChild } from './process/child.ts';
import { freePort } from './process/free-port.ts';
import { askGateway, untilReady } from './verify.ts';

export interface PreparedGraph {
  readonly files: GraphFiles;
  readonly upstream: Child;
  /** The reference engine's answer, by the request's body. */
  readonly expected: ReadonlyMap<string, string>;
}

/** @throws Error where Isthmus composes another API schema than the peers are given */
export async function prepareGraph(
  name: GraphName,
  operations: readonly BenchOperation[],
  folder: string,
  /** Of the upstream. */
  role: 'driver' | 'unpinned' = 'driver',
): Promise<PreparedGraph> {
  const upstream = startChild({ command: [modulePath('process/upstream-main.ts'), name], role });
  try {
    const upstreamPort = await upstream.ask<number>('listen');
    const graph = loadGraph(name);
    const supergraphFile = join(folder, `${name}-supergraph.graphql`);
    compose(writeSupergraphYaml({ graph, folder, upstreamPort }, 'separate'), supergraphFile);
    if (name === 'benchmark') takePublicSupergraph(supergraphFile, upstreamPort);
    const files = { graph, folder, upstreamPort, supergraphFile };
    const expected = await referenceAnswers(files, operations);
    const typename = '{"data":{"__typename":"Query"}}';
    await upstream.ask('whole', new Map([...expected, [JSON.stringify({ query: '{ __typename }' }), typename]]));
    return { files, upstream, expected };
  } catch (error) {
    await upstream.end();
    throw error;
  }
}

/** The peers read the benchmark's own supergraph; ours, composed from subgraphs, must offer the same. */
function takePublicSupergraph(supergraphFile: string, upstreamPort: number): void {
  const published = readFileSync(sharedBenchmarkFile('supergraph.graphql'), 'utf8').replace(
    /url:\s*"http:\/\/[^/"]+\/(\w+)"/g,
    `url: "http://127.0.0.1:${upstreamPort}/$1"`,
  );
  if (apiSchemaOf(published) !== apiSchemaOf(readFileSync(supergraphFile, 'utf8'))) {
    throw new Error('bench/graphs/benchmark composes to another API schema than the public benchmark has');
  }
  writeFileSync(supergraphFile, published);
}

function apiSchemaOf(supergraphSdl: string): string {
  const api = Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema();
  return printSchema(lexicographicSortSchema(api));
}

function compose(config: string, output: string): void {
  const command = [modulePath('../src/cli/main.ts'), 'compose', '--config', config, '--output', output];
  execFileSync(process.execPath, command, { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function referenceAnswers(
  files: GraphFiles,
  operations: readonly BenchOperation[],
): Promise<ReadonlyMap<string, string>> {
  const port = await freePort();
  const child = reference.start(files, 'separate', port);
  try {
    await untilReady(port, reference.path, child.hasEnded);
    const answers = new Map<string, string>();
    for (const body of operations.flatMap(({ bodies }) => bodies)) {
      const answer = await askGateway(port, reference.path, body);
      const { errors } = JSON.parse(answer) as { readonly errors?: unknown };
      if (errors !== undefined) throw new Error(JSON.stringify(errors).slice(0, 500));
      answers.set(body, answer);
    }
    return answers;
  } catch (error) {
    throw new Error(`the reference engine: ${String(error)}\n${child.output()}`, { cause: error });
  } finally {
    await child.end();
  }
}

function modulePath(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
