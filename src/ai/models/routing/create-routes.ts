import type { ModelAlias } from '../../../config/index.ts';
import { noSignals } from '../../../signals/index.ts';
import type { ListedModel } from '../model-call.ts';
import { createTargets, type Target, type TargetSources, type Targets } from '../targets/target.ts';
import type { Route } from './choose-targets.ts';

export interface RoutesOptions extends TargetSources {
  /** `ai.models`. */
  readonly models: Readonly<Record<string, ModelAlias>>;
  /** Whether `<provider>/<model id>` is an alias too. */
  readonly exposeReferences: boolean;
}

export interface Routes {
  /** `undefined`: there is no such alias. */
  find(alias: string): Route | undefined;
  list(): readonly ListedModel[];
  /** The configured aliases. */
  all(): readonly Route[];
  /** The state of targets follows the other workers no more. */
  close(): void;
}

/** Bounds the references from callers that are cached with their state; the oldest is evicted first. */
const maxReferences = 1_000;

/** The aliases of `ai.models`, and where references are exposed, an alias for each reference a caller names. */
export function createRoutes(options: RoutesOptions): Routes {
  const targets = createTargets(options);
  const routes = new Map<string, Route>();
  for (const [alias, config] of Object.entries(options.models)) routes.set(alias, createRoute(alias, config, targets));
  const listed = Array.from(routes.values(), (route) => ({
    alias: route.alias,
    targets: route.targets.map(({ reference }) => reference),
  }));
  const references = new Map<string, Route>();

  function findReference(reference: string): Route | undefined {
    const cached = references.get(reference);
    if (cached !== undefined) return cached;
    const slash = reference.indexOf('/');
    const [provider, model] = [reference.slice(0, slash), reference.slice(slash + 1)];
    if (slash < 1 || model === '' || model.length > 200 || !options.providers.has(provider)) return undefined;
    // The state of an unconfigured model is evicted with its reference; a configured model has one state under any name.
    const isListed = listed.some((model) => model.targets.includes(reference));
    const alias = referenceAlias(provider, model);
    const route = createRoute(reference, alias, isListed ? targets : createTargets({ ...options, signals: noSignals }));
    const [oldest] = references.keys();
    if (references.size >= maxReferences && oldest !== undefined) references.delete(oldest);
    references.set(reference, route);
    return route;
  }

  return {
    find: (alias) => routes.get(alias) ?? (options.exposeReferences ? findReference(alias) : undefined),
    list: () => listed,
    all: () => [...routes.values()],
    close: () => targets.close(),
  };
}

function createRoute(alias: string, config: ModelAlias, { find }: Targets): Route {
  const targets = config.targets.map((target) => find(target));
  const isTarget = (target: Target | undefined): target is Target => target !== undefined;
  const { rules } = config;
  return {
    alias,
    config,
    targets: targets.filter(isTarget),
    ruleTargets: rules.map((rule) => rule.targets.map((index) => targets[index]).filter(isTarget)),
    restrictsCapabilities: config.targets.some(({ capabilities }) => capabilities !== undefined),
    shadows: config.shadow.flatMap(({ target, percent }) => {
      const shadow = find(target);
      return shadow === undefined ? [] : [{ target: shadow, percent }];
    }),
  };
}

/** A model that a caller addresses without an alias: equal to an alias with this one target. */
function referenceAlias(provider: string, model: string): ModelAlias {
  const limits = { concurrency: undefined, requestsPerMinute: undefined, tokensPerMinute: undefined, queue: 100 };
  const target = {
    provider,
    model,
    structured: 'json_schema',
    weight: 1,
    region: undefined,
    capabilities: undefined,
    limits,
  } as const;
  return {
    strategy: 'ordered',
    targets: [target],
    rules: [],
    fallback: { on: [], contextWindow: undefined, contentPolicy: undefined },
    targetTimeoutMs: undefined,
    retries: 1,
    sticky: 'none',
    shadow: [],
    cache: { exact: false, ttlMs: 0, shared: false, semantic: undefined },
  };
}
