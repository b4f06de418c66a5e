/**
 * The bodies of `GET /v1/models`. One form for both vendors' clients: OpenAI's reads `object`, `created` and `owned_by`,
 * Anthropic's `type`, `display_name`, `created_at` and the page.
 */
import { type DescribedModel, describeModel } from '../../ai/models/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { OfferedModels } from './offered-models.ts';

/** Both wires require a date; aliases have none. */
const created = 1_767_225_600;
const createdAt = new Date(created * 1_000).toISOString();

type ModelBody = Readonly<Record<string, unknown>> & { readonly id: string };

/** The vendors' fields of a model, and those of Isthmus: its capabilities, and whether it can be reached. */
function writeModel(id: string, listed: DescribedModel | undefined): ModelBody {
  const { operations, capabilities, isReachable, states } = listed ?? {};
  const description = {
    ...(operations === undefined ? {} : { operations }),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(isReachable === undefined ? {} : { available: isReachable }),
    // The models of an alias are not disclosed; the reason why none can be reached is.
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
    ...description,
  };
}

function reasonsOf(states: DescribedModel['states']): readonly string[] {
  return states.length === 0 ? ['no_key'] : [...new Set(states.map(({ state }) => state))];
}

export function listModels({ models, names }: OfferedModels): Readonly<Record<string, unknown>> {
  const described = models.describe?.() ?? [];
  const data = names.map((name) => writeModel(name, describeModel(described, name)));
  return {
    object: 'list',
    data,
    has_more: false,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

export function findModel({ models, names }: OfferedModels, id: string): ModelBody | undefined {
  return names.includes(id) ? writeModel(id, describeModel(models.describe?.() ?? [], id)) : undefined;
}

/** The bound of the names in an error message. */
const maxNames = 20;

/** The error names the models that `GET /v1/models` lists to the same client, up to `maxNames`. */
export function noSuchModel(
  { names, isLimited }: OfferedModels,
  requested: string,
  cause?: GatewayError,
): GatewayError {
  const quoted = names.slice(0, maxNames).map((name) => `\`${printable(name)}\``);
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more (GET /v1/models)` : '';
  const listing = names.length === 0 ? 'There is none.' : `There is ${quoted.join(', ')}${more}.`;
  return new GatewayError('AI_MODEL_NOT_FOUND', {
    message: `There is no model \`${printable(requested)}\`${isLimited ? ' for this API key' : ''}. ${listing}`,
    ...(cause?.detail === undefined ? {} : { detail: cause.detail }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The client's text, reduced to the characters of model names. */
function printable(name: string): string {
  return name.replace(/[^\w.:@/ +-]/g, '?').slice(0, 100);
}
