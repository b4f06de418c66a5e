/** `plugins` and `coprocessor`: code of one's own in a request's life. */
import { z } from 'zod';
import type { YamlPath } from './read-yaml.ts';
import { formatPath } from './read-yaml.ts';
import { parseDuration } from './units.ts';
import { durationOr, httpUrl } from './values.ts';

export const pluginsYaml = z
  .array(z.string().min(1))
  .default([])
  .describe('TypeScript modules that export a `plugin`, in the order their hooks run. They are watched and reloaded.');

const stage = (what: string) =>
  z
    .strictObject({
      headers: z.boolean().default(false).describe('Whether it is sent the headers.'),
      body: z.boolean().default(false).describe('Whether it is sent the body.'),
      context: z.boolean().default(false).describe('Whether it is sent what plugins hand on within the request.'),
      method: z.boolean().default(false).describe('Whether it is sent the HTTP method.'),
      path: z.boolean().default(false).describe('Whether it is sent the path.'),
      service_name: z.boolean().default(false).describe('Whether it is sent the subgraph’s name.'),
      status_code: z.boolean().default(false).describe('Whether it is sent the status.'),
    })
    .optional()
    .describe(what);
const stages = (name: string) =>
  z
    .strictObject({
      request: stage(`Calls the coprocessor at the stage ${name}Request.`),
      response: stage(`Calls the coprocessor at the stage ${name}Response.`),
    })
    .prefault({});

export const coprocessorYaml = z
  .strictObject({
    url: httpUrl.describe('Where the coprocessor answers POST.'),
    timeout: durationOr('1s', 'How long one call of it may take.'),
    router: stages('Router'),
    supergraph: stages('Supergraph'),
    subgraph: z.strictObject({ all: stages('Subgraph') }).prefault({}),
  })
  .optional()
  .describe('An HTTP service called at stages of a request’s life, in the form of Apollo Router’s coprocessors.');

/** A module that `plugins` names. */
export interface PluginFile {
  readonly path: string;
  /** Its YAML path, and its line where the configuration is a file. */
  readonly place: string;
  readonly line: number | undefined;
}

/** What a stage sends. */
export interface CoprocessorStage {
  readonly headers: boolean;
  readonly body: boolean;
  readonly context: boolean;
  readonly method: boolean;
  readonly path: boolean;
  readonly serviceName: boolean;
  readonly statusCode: boolean;
}

export interface CoprocessorStages {
  readonly request: CoprocessorStage | undefined;
  readonly response: CoprocessorStage | undefined;
}

export interface CoprocessorConfig {
  readonly url: string;
  readonly timeoutMs: number;
  readonly router: CoprocessorStages;
  readonly supergraph: CoprocessorStages;
  readonly subgraph: { readonly all: CoprocessorStages };
}

export function resolvePlugins(
  files: readonly string[],
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): readonly PluginFile[] {
  return files.map((file, index) => {
    const place = ['plugins', index];
    return { path: at(file), place: formatPath(place), line: lineOf(place) };
  });
}

export function resolveCoprocessor(yaml: z.output<typeof coprocessorYaml>): CoprocessorConfig | undefined {
  if (yaml === undefined) return undefined;
  const { url, timeout, router, supergraph, subgraph } = yaml;
  return {
    url,
    timeoutMs: parseDuration(timeout) ?? 0,
    router: resolveStages(router),
    supergraph: resolveStages(supergraph),
    subgraph: { all: resolveStages(subgraph.all) },
  };
}

type StagesYaml = NonNullable<z.output<typeof coprocessorYaml>>['router'];

function resolveStages({ request, response }: StagesYaml): CoprocessorStages {
  return { request: resolveStage(request), response: resolveStage(response) };
}

function resolveStage(yaml: StagesYaml['request']): CoprocessorStage | undefined {
  if (yaml === undefined) return undefined;
  const { service_name: serviceName, status_code: statusCode, ...sameName } = yaml;
  return { ...sameName, serviceName, statusCode };
}
