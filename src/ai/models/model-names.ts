import type { DescribedModel, ModelClient } from './model-call.ts';

/** The models that a caller can name: aliases, and references if they are exposed. */
export function modelNames(models: ModelClient, exposeReferences: boolean): readonly string[] {
  const listed = models.list();
  const names = new Set(listed.map(({ alias }) => alias));
  if (exposeReferences) for (const { targets } of listed) for (const target of targets) names.add(target);
  return [...names];
}

/** The description of an alias, or of a reference that is the only target of one. */
export function describeModel(described: readonly DescribedModel[], name: string): DescribedModel | undefined {
  const alias = described.find(({ alias }) => alias === name);
  if (alias !== undefined) return alias;
  const holder = described.find(({ states }) => states.some(({ reference }) => reference === name));
  const state = holder?.states.find(({ reference }) => reference === name);
  if (holder === undefined || state === undefined) return undefined;
  return { alias: name, targets: [name], isReachable: state.state === 'ready', states: [state] };
}
