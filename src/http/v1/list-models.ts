/**
 * The models a caller can name: aliases, and references where they are exposed. One body for both vendors' clients:
 * OpenAI's reads `object`, `created` and `owned_by`, Anthropic's `type`, `display_name`, `created_at` and the page.
 */
import type { DescribedModel, ModelClient } from '../../ai/models/index.ts';
import { GatewayError } from '../../errors/index.ts';

/** Both wires want a date; aliases have none. */
const created = 1_767_225_600;
const createdAt = new Date(created * 1_000).toISOString();

type WrittenModel = Readonly<Record<string, unknown>> & { readonly id: string };

/** Beside what the vendors say of a model: what the alias can do, and whether it can be reached. */
function writeModel(id: string, listed: DescribedModel | undefined): WrittenModel {
  const { operations, capabilities, isReachable, states } = listed ?? {};
  const told = {
    ...(operations === undefined ? {} : { operations }),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(isReachable === undefined ? {} : { available: isReachable }),
    // Which models stand behind an alias is the operator's; why one cannot be reached is no secret.
    ...(isReachable === false ? { unavailable_because: reasonsOf(states ?? []) } : {}),
  };
  return {
    id,
    object: 'model',
    created,
    owned_by: 'isthmus',
    type: 'model',
    display_name: id,
    created_at: createdAt,
    ...told,
  };
}

function reasonsOf(states: DescribedModel['states']): readonly string[] {
  return states.length === 0 ? ['no_key'] : [...new Set(states.map(({ state }) => state))];
}

/** What `model` can be. */
export function modelNames(models: ModelClient, exposeReferences: boolean): readonly string[] {
  const listed = models.list();
  const names = new Set(listed.map(({ alias }) => alias));
  if (exposeReferences) for (const { targets } of listed) for (const target of targets) names.add(target);
  return [...names];
}

export function listModels(models: ModelClient, exposeReferences: boolean): Readonly<Record<string, unknown>> {
  const described = models.describe?.() ?? [];
  const data = modelNames(models, exposeReferences).map((name) => writeModel(name, describing(described, name)));
  return {
    object: 'list',
    data,
    has_more: false,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

export function findModel(models: ModelClient, exposeReferences: boolean, id: string): WrittenModel | undefined {
  return modelNames(models, exposeReferences).includes(id)
    ? writeModel(id, describing(models.describe?.() ?? [], id))
    : undefined;
}

/** What is known of an alias, or of a reference that is the one target of one. */
function describing(listed: readonly DescribedModel[], name: string): DescribedModel | undefined {
  const alias = listed.find((one) => one.alias === name);
  if (alias !== undefined) return alias;
  const holder = listed.find(({ states }) => states.some(({ reference }) => reference === name));
  const state = holder?.states.find(({ reference }) => reference === name);
  if (holder === undefined || state === undefined) return undefined;
  return { alias: name, targets: [name], isReachable: state.state === 'ready', states: [state] };
}

/** A message is for a person to read. */
const maxNames = 20;

/** Says which names there are: those that `GET /v1/models` lists to the same client, as many as a person reads. */
export function noSuchModel(
  models: ModelClient,
  exposeReferences: boolean,
  asked: string,
  cause?: GatewayError,
): GatewayError {
  const names = modelNames(models, exposeReferences);
  const shown = names.slice(0, maxNames).map((name) => `\`${printable(name)}\``);
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more (GET /v1/models)` : '';
  const known = names.length === 0 ? 'There is none.' : `There is ${shown.join(', ')}${more}.`;
  return new GatewayError('AI_MODEL_NOT_FOUND', {
    message: `There is no model \`${printable(asked)}\`. ${known}`,
    ...(cause?.detail === undefined ? {} : { detail: cause.detail }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A client's own words, as far as a model's name can have them. */
function printable(name: string): string {
  return name.replace(/[^\w.:@/ +-]/g, '?').slice(0, 100);
}
