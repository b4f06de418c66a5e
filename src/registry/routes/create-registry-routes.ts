/**
 * The registry's API on the admin listener, in JSON. Below `/registry/v1/graphs/{graph}/{variant}/`:
 *
 *     GET  served?known=N.M&wait=S   what serves, signed; with `known` it waits up to S seconds for something else (204)
 *     POST texts                     schemas and prompts by their hash
 *     GET  generations, generations/N, labels
 *     GET  supergraph.graphql        for any federation router that polls a URL; with ETag; of ?generation=N
 *     GET  schema.graphql            the API schema, likewise
 *     GET  changelog                 what each generation changed of the API; a page for browsers, else JSON
 *     POST publish, rollback, promote, label
 *     POST check, approve            what a change would break, and the consent of who owns it
 *     GET  checks, checks/N          those that were made
 *     POST canary                    what became of one, as a gateway that follows has judged it
 *
 * and `/registry/v1/graphs`, `/registry/v1/key`, and `/artifacts/v1/{graph}/{variant}/supergraph`, the form of Hive's CDN.
 */
import { ZodError, type z } from 'zod';
import { ConfigError, type GraphRef, graphNameRule, parseGraphRef } from '../../config/index.ts';
import type { Store } from '../../store/index.ts';
import type { CompositionProblem } from '../../supergraph/index.ts';
import {
  createStoreFeed,
  type KnownGenerations,
  nameOfKnown,
  type ServedGenerations,
  servedOf,
  signingKeyOf,
} from '../follow/index.ts';
import { hashOfText, type PublishedGeneration } from '../generation/index.ts';
import {
  type Author,
  type ComposedSdl,
  type GenerationName,
  type Published,
  type Registry,
  RegistryError,
} from '../publish/index.ts';
import type { Changelog } from './changelog.ts';
import { changelogPage, pageHeaders } from './changelog-page.ts';
import {
  mayChange,
  type PublishRights,
  publishScope,
  requireChangeRight,
  requireGraphRight,
} from './publish-rights.ts';
import type { RegistryChecks } from './registry-checks.ts';
import {
  approveForm,
  canaryForm,
  checkForm,
  labelForm,
  promoteForm,
  publishForm,
  rollbackForm,
  textsForm,
} from './registry-forms.ts';

/** Who calls: reading is allowed to all that get here. */
export interface RegistryCaller {
  /** As the audit log names them. */
  readonly actor: string;
  readonly publishes: PublishRights;
  /** The teams that they act for; `any`: whichever they say. */
  readonly teams: readonly string[] | 'any';
}

export interface RegistryCall {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly body: string;
  /** `if-none-match`. */
  readonly knownTag: string | undefined;
  /** `accept`. */
  readonly mediaTypes: string | undefined;
  readonly caller: RegistryCaller;
  /** Aborted where the client leaves. */
  readonly signal: AbortSignal;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON; undefined: none. */
  readonly body?: unknown;
}

/** As the history has it. */
export interface LabelledGeneration extends PublishedGeneration {
  readonly labels: readonly string[];
}

export interface RegistryRoutes {
  /** Never rejects for a wrong request: that is an answer. */
  answer(call: RegistryCall): Promise<RegistryAnswer>;
}

const longestWaitSeconds = 30;
const mostRows = 200;
const mostEntries = 50;

export function isRegistryPath(path: string): boolean {
  return path.startsWith('/registry/v1/') || path.startsWith('/artifacts/v1/');
}

export interface RegistryRoutesParts {
  readonly registry: Registry;
  readonly store: Store;
  readonly changelog: Changelog;
  readonly checks: RegistryChecks;
}

export function createRegistryRoutes({ registry, store, changelog, checks }: RegistryRoutesParts): RegistryRoutes {
  const key = signingKeyOf(store);
  const { table } = registry;

  const ofGraph = async (ref: GraphRef, rest: readonly string[], call: RegistryCall): Promise<RegistryAnswer> => {
    const [name = '', number] = rest;
    const route = `${call.method} ${name}`;
    const query = new URLSearchParams(call.url.split('?')[1]);
    switch (route) {
      case 'GET served':
        return served(ref, query, call.signal);
      case 'POST texts': {
        const { hashes } = parse(textsForm, call.body);
        return { status: 200, body: { texts: Object.fromEntries(await table.texts(hashes)) } };
      }
      case 'GET generations':
        if (number !== undefined) return { status: 200, body: await generationOf(ref, number) };
        return { status: 200, body: await history(ref, query) };
      case 'GET supergraph.graphql':
      case 'GET supergraph':
        return sdlAnswer((await composed(ref, query)).supergraphSdl, call.knownTag);
      case 'GET schema.graphql':
        return sdlAnswer((await composed(ref, query)).apiSdl, call.knownTag);
      case 'GET labels':
        return { status: 200, body: await table.labels.all(ref) };
      case 'GET changelog':
        return changes(ref, query, call);
      case 'POST publish': {
        const { change, canary, team, ...note } = parse(publishForm, call.body);
        requireChangeRight(call.caller.publishes, ref, change);
        await checks.refuseUnapproved(ref, { change, team: teamOf(call.caller, team) }, call.signal);
        return published(await registry.publish(ref, change, { ...authorOf(call.caller, note), canary }));
      }
      case 'POST check': {
        const { team, commit, ...request } = parse(checkForm, call.body);
        requireChangeRight(call.caller.publishes, ref, request.change);
        const author = authorOf(call.caller, { commit });
        const checked = { ...request, team: teamOf(call.caller, team) };
        return { status: 200, body: await checks.check(ref, checked, author, call.signal) };
      }
      case 'GET checks':
        if (number !== undefined) return { status: 200, body: await check(ref, countOf('the id of a check', number)) };
        return { status: 200, body: await table.checks.newest(ref, pageOf(query)) };
      case 'POST approve': {
        const { change, changes: approved, comment, team: name } = parse(approveForm, call.body);
        const team = teamOf(call.caller, name);
        const { actor, publishes } = call.caller;
        const ownedOnly = !mayChange(publishes, ref, change);
        const options = { changes: approved, team, comment, actor, at: Date.now(), ownedOnly };
        return { status: 200, body: await checks.approve(ref, { change, team }, options) };
      }
      case 'POST rollback': {
        const { to, ...note } = parse(rollbackForm, call.body);
        requireGraphRight(call.caller.publishes, ref);
        return published(await registry.rollback(ref, to, authorOf(call.caller, note)));
      }
      case 'POST label': {
        const { name: label, generation } = parse(labelForm, call.body);
        requireGraphRight(call.caller.publishes, ref);
        return { status: 200, body: await registry.label(ref, label, generation ?? undefined, call.caller) };
      }
      case 'POST promote': {
        const { from, generation, canary, ...note } = parse(promoteForm, call.body);
        requireGraphRight(call.caller.publishes, ref);
        const author = authorOf(call.caller, note);
        if (from === undefined) return published(await registry.promoteCanary(ref, author));
        return published(await registry.promote(refOf(from), ref, { ...author, canary }, generation));
      }
      case 'POST canary': {
        requireGraphRight(call.caller.publishes, ref);
        const end = { ...ref, ...parse(canaryForm, call.body), at: Date.now(), actor: call.caller.actor };
        const hasEnded = await table.endCanary(end);
        return { status: 200, body: { kind: hasEnded ? 'ended' : 'unchanged' } };
      }
      default:
        throw new RegistryError('NOT_FOUND', `there is no ${call.method} ${name} of a graph`);
    }
  };

  const served = async (ref: GraphRef, query: URLSearchParams, signal: AbortSignal): Promise<RegistryAnswer> => {
    const numbers = query.get('known');
    const waitMs = 1_000 * Math.min(longestWaitSeconds, Number(query.get('wait') ?? 0) || 0);
    const current = await servedOf(table, key, ref);
    const isKnown = nameOfKnown(current) === numbers;
    const next = isKnown ? await changeOf(ref, current ?? 'none', waitMs, signal) : current;
    return next === undefined ? { status: 204 } : { status: 200, body: { ...next, canary: next.canary ?? null } };
  };

  /** What serves next; undefined where that is not within the time. */
  const changeOf = async (
    ref: GraphRef,
    current: KnownGenerations,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<ServedGenerations | undefined> => {
    if (waitMs <= 0) return undefined;
    const late = AbortSignal.timeout(Math.ceil(waitMs));
    const next = await createStoreFeed(store, ref)
      .next(current, AbortSignal.any([signal, late]))
      .catch(() => undefined);
    signal.throwIfAborted();
    return next;
  };

  const history = async (ref: GraphRef, query: URLSearchParams): Promise<readonly LabelledGeneration[]> => {
    return labelled(ref, await table.history(ref, pageOf(query)));
  };

  const generationOf = async (ref: GraphRef, name: string): Promise<LabelledGeneration | undefined> => {
    const generation = await registry.generation(ref, await registry.numberOf(ref, generationNameOf(name)));
    return (await labelled(ref, [generation]))[0];
  };

  const labelled = async (
    ref: GraphRef,
    generations: readonly PublishedGeneration[],
  ): Promise<readonly LabelledGeneration[]> => {
    const labels = await table.labels.all(ref);
    return generations.map((generation) => {
      const matches = labels.filter(({ number }) => number === generation.number);
      return { ...generation, labels: matches.map(({ name }) => name) };
    });
  };

  const check = async (ref: GraphRef, id: number) => {
    const stored = await table.checks.check(ref, id);
    if (stored === undefined) throw new RegistryError('NOT_FOUND', `the registry has no check ${id} of this graph`);
    return stored;
  };

  const composed = (ref: GraphRef, query: URLSearchParams): Promise<ComposedSdl> => {
    const name = query.get('generation');
    return registry.composed(ref, name === null ? undefined : generationNameOf(name));
  };

  const changes = async (ref: GraphRef, query: URLSearchParams, call: RegistryCall): Promise<RegistryAnswer> => {
    const page = pageOf(query, mostEntries);
    const entries = await changelog.entries(ref, page, call.signal);
    if (call.mediaTypes?.includes('text/html') !== true) return { status: 200, body: entries };
    return { status: 200, headers: pageHeaders, body: changelogPage(ref, entries, page.limit) };
  };

  return {
    async answer(call) {
      const steps = (call.url.split('?')[0] ?? '').split('/').filter((step) => step !== '');
      try {
        const [first, , ...rest] = steps;
        if (call.method !== 'GET' && steps.at(-1) !== 'texts' && call.caller.publishes.length === 0)
          return refusal(403, 'FORBIDDEN', `This requires the scope ${publishScope} or admin:write.`);
        if (first === 'registry' && rest.join('/') === 'key')
          return { status: 200, body: { publicKey: key.publicKey } };
        if (first === 'registry' && rest.join('/') === 'graphs') return { status: 200, body: await table.graphs() };
        const [graph = '', variant = '', ...inGraph] = first === 'registry' ? rest.slice(1) : rest;
        return await ofGraph(refOf(`${graph}@${variant}`), inGraph, call);
      } catch (error) {
        return await refusalOf(error);
      }
    },
  };
}

function sdlAnswer(sdl: string, knownTag: string | undefined): RegistryAnswer {
  const headers = { etag: `"${hashOfText(sdl)}"`, 'content-type': 'application/graphql; charset=utf-8' };
  return knownTag === headers.etag ? { status: 304, headers } : { status: 200, headers, body: sdl };
}

function published({ kind, generation }: Published): RegistryAnswer {
  return { status: kind === 'published' ? 201 : 200, body: { kind, generation } };
}

/** @throws RegistryError for a team that the caller does not act for */
function teamOf({ teams }: RegistryCaller, team: string | undefined): string | undefined {
  if (teams === 'any') return team;
  if (team === undefined) return teams[0];
  if (teams.includes(team)) return team;
  throw new RegistryError('BAD_REQUEST', `this key does not act for the team ${team}: give it the role team:${team}`);
}

function authorOf({ actor }: RegistryCaller, { commit, message }: Omit<Author, 'actor'>): Author {
  return { actor, commit, message };
}

function refOf(text: string): GraphRef {
  const ref = parseGraphRef(text);
  if (ref === undefined)
    throw new RegistryError('BAD_REQUEST', `a graph and its variant are named as shop@production; ${graphNameRule}`);
  return ref;
}

function pageOf(
  query: URLSearchParams,
  most = mostRows,
): { readonly limit: number; readonly before: number | undefined } {
  const before = query.get('before');
  return {
    limit: Math.min(most, countOf('limit', query.get('limit') ?? '20')),
    before: before === null ? undefined : countOf('before', before),
  };
}

/** A number, or else a label. */
function generationNameOf(text: string): GenerationName {
  return /^\d/.test(text) ? countOf('generation', text) : text;
}

function countOf(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new RegistryError('BAD_REQUEST', `${name} is a number from 1 up`);
}

function parse<T extends z.ZodType>(form: T, body: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new RegistryError('BAD_REQUEST', 'the body is not JSON');
  }
  return form.parse(value);
}

const statuses = { BAD_REQUEST: 400, FORBIDDEN: 403, NOT_FOUND: 404, CONFLICT: 409 } as const;

/** @throws what is no fault of the request */
async function refusalOf(error: unknown): Promise<RegistryAnswer> {
  if (error instanceof RegistryError) return refusal(statuses[error.code], error.code, error.message);
  if (error instanceof ZodError) {
    const [issue] = error.issues;
    return refusal(
      400,
      'BAD_REQUEST',
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'the body has another form'}`,
    );
  }
  if (error instanceof ConfigError) return refusal(422, 'CONFIG_INVALID', error.message);
  const { CompositionError } = await import('../../supergraph/index.ts');
  if (error instanceof CompositionError) return refusal(422, 'COMPOSITION_FAILED', error.message, error.problems);
  throw error;
}

function refusal(
  status: number,
  code: string,
  message: string,
  problems?: readonly CompositionProblem[],
): RegistryAnswer {
  const extensions = { code, ...(problems === undefined ? {} : { problems }) };
  return { status, body: { errors: [{ message, extensions }] } };
}
