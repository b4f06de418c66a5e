/**
 * The explanations that subgraphs returned beside their values, under the client's own paths, steps joined by dots:
 * `products.0.reviewSummary`.
 *
 * A field that the client did not select, and that another field requires, has no path of its own. It is named after the
 * object it is on, as `products.0.sentiment (required)`: its cost is reported, and not taken for a selected field's.
 */
import type { DataPath } from '../data/data.ts';
import type { ExecutionResult } from '../execution-engine.ts';
import type { RunResult } from '../run/run-plan.ts';
import { clientPath } from '../shape/client-path.ts';
import type { OperationShape } from '../shape/compile-shape.ts';

export function answerExtensions(
  { data, notes }: RunResult,
  { root }: OperationShape,
): Pick<ExecutionResult, 'extensions'> {
  if (notes.length === 0) return {};
  const extensions: Record<string, Record<string, unknown>> = {};
  for (const { extension, path, value } of notes) {
    const selected = clientPath(root, data, path);
    // What a client does not see is not degraded for it.
    if (value.reason === 'fallback' && selected.length !== path.length) continue;
    extensions[extension] ??= {};
    const entries = extensions[extension];
    const name = selected.length === path.length ? selected.join('.') : requiredName(entries, selected, path);
    entries[name] = value;
  }
  return Object.keys(extensions).length === 0 ? {} : { extensions };
}

/** @returns a name that is not taken, with a number where a field is required with several arguments */
function requiredName(entries: Readonly<Record<string, unknown>>, selected: DataPath, path: DataPath): string {
  // In the data, the key of a field with arguments is its name followed by theirs.
  const names = path
    .slice(selected.length)
    .map((step) => (typeof step === 'string' ? step.replace(/__.*$/, '') : step));
  const place = [...selected, ...names].join('.');
  for (let count = 1; ; count++) {
    const name = `${place} (required${count === 1 ? '' : ` ${count}`})`;
    if (!Object.hasOwn(entries, name)) return name;
  }
}
