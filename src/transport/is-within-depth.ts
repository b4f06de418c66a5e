/** Subgraphs' values whose depth no selection decides (custom scalars, errors' extensions) may be this deep. */
export const maxValueDepth = 200;

/**
 * Whether a value can be walked and printed by recursion. JSON.parse reads a million brackets without a stack;
 * JSON.stringify and everything else that follows them would need one. Looked at only where a value is an object at a
 * place that should end a path: nothing is counted on the way there.
 */
export function isWithinDepth(value: unknown, levels: number = maxValueDepth): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isWithinDepth(item, levels - 1));
  for (const key in value) {
    if (!isWithinDepth((value as Record<string, unknown>)[key], levels - 1)) return false;
  }
  return true;
}
