/** The error of an operation whose AI fields may cost too much: the dearest of them, and what would make it fit. */
import { type ArgumentNode, Kind, parse, visit } from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import { formatUsd } from '../../lib/index.ts';
import type { VariableValues } from '../../limits/index.ts';
import type { OperationPlan } from '../../planning/index.ts';
import type { Caller, ModelClient } from '../models/index.ts';
import { callPrice } from './call-price.ts';
import type { PricedLine } from './create-plan-prices.ts';

export interface TooExpensive {
  readonly lines: readonly PricedLine[];
  readonly nanoUsd: bigint;
  readonly limitNanoUsd: bigint;
  /** What sets the limit. */
  readonly setting: string;
  readonly plan: OperationPlan;
  readonly values: VariableValues;
  /** The price with other values of variables. */
  readonly totalWith: (values: VariableValues) => bigint;
  readonly models: ModelClient;
  readonly caller: Caller;
}

const dearestCount = 3;
const maxSuggestions = 3;

export function tooExpensive(options: TooExpensive): GatewayError {
  const { lines, nanoUsd, limitNanoUsd, setting } = options;
  const fields = [...lines]
    .map(({ line, items, each }) => ({ path: line.path, items, nanoUsd: BigInt(items) * each }))
    .sort((a, b) => (a.nanoUsd < b.nanoUsd ? 1 : a.nanoUsd > b.nanoUsd ? -1 : 0))
    .slice(0, dearestCount);
  const fits = [...smallerLists(options), ...cheaperModels(options)];
  const dearest = fields.map(({ path, items, nanoUsd: usd }) => `${path} ($${formatUsd(usd)}, ${items} items)`);
  const advice = fits.length === 0 ? 'fewer items or fewer AI fields would fit' : `${fits.join(', or ')} would fit`;
  return new GatewayError('AI_COST_ESTIMATED_TOO_EXPENSIVE', {
    message: `The AI fields of the operation may cost $${formatUsd(nanoUsd)}; at most $${formatUsd(limitNanoUsd)} are allowed (${setting}). Dearest: ${dearest.join(', ')}; ${advice}.`,
    facts: {
      estimatedUsd: formatUsd(nanoUsd),
      limitUsd: formatUsd(limitNanoUsd),
      fields: fields.map(({ path, items, nanoUsd: usd }) => ({ path, items, usd: formatUsd(usd) })),
      fits,
    },
  });
}

/** Arguments whose numbers, made smaller, make the operation fit: `products(first: 12)`. */
function smallerLists({ plan, values, totalWith, limitNanoUsd }: TooExpensive): readonly string[] {
  const suggestions: string[] = [];
  for (const [variable, place] of numericArguments(plan, values)) {
    const current = Number(values.read(variable));
    const fitsWith = (size: number): boolean => totalWith(replacing(values, variable, size)) <= limitNanoUsd;
    if (!fitsWith(1)) continue;
    let least = 1;
    let most = current - 1;
    while (least < most) {
      const middle = Math.ceil((least + most) / 2);
      if (fitsWith(middle)) least = middle;
      else most = middle - 1;
    }
    suggestions.push(`${place.field}(${place.argument}: ${least})`);
    if (suggestions.length === maxSuggestions) break;
  }
  return suggestions;
}

interface Place {
  readonly field: string;
  readonly argument: string;
}

/** The client's numbers, by the variables of the plan that hold them. */
function numericArguments(plan: OperationPlan, values: VariableValues): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const { operation, variables } of plan.fetches) {
    const numeric = variables.filter((name) => !places.has(name) && Number(values.read(name)) > 1);
    if (numeric.length === 0) continue;
    visit(parse(operation, { noLocation: true }), {
      Field({ name, arguments: args = [] }) {
        for (const argument of args) {
          const variable = variableOf(argument);
          if (variable !== undefined && numeric.includes(variable))
            places.set(variable, { field: name.value, argument: argument.name.value });
        }
      },
    });
  }
  return places;
}

function variableOf({ value }: ArgumentNode): string | undefined {
  return value.kind === Kind.VARIABLE ? value.name.value : undefined;
}

function replacing(values: VariableValues, variable: string, size: number): VariableValues {
  return { read: (name) => (name === variable ? size : values.read(name)) };
}

/** Aliases that, for the dearest field, make the operation fit: for whoever writes the schema. */
function cheaperModels({ lines, nanoUsd, limitNanoUsd, models, caller }: TooExpensive): readonly string[] {
  const [dearest] = [...lines].sort((a, b) => Number(BigInt(b.items) * b.each - BigInt(a.items) * a.each));
  const [version] = dearest?.line.field.versions ?? [];
  if (dearest === undefined || version === undefined) return [];
  const others = nanoUsd - BigInt(dearest.items) * dearest.each;
  const suggestions: string[] = [];
  for (const { alias } of models.list()) {
    const price = alias === version.alias ? undefined : callPrice(models, version, caller, alias);
    if (price === undefined) continue;
    const total = others + BigInt(dearest.items) * price.nanoUsd * BigInt(version.calls);
    if (total <= limitNanoUsd) suggestions.push(`the model "${alias}" for ${dearest.line.field.coordinate}`);
    if (suggestions.length === maxSuggestions) break;
  }
  return suggestions;
}
