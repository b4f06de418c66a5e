/**
 * The URL of a module beside the calling one, for workers and processes, which `import` statements do not reach: `.ts`
 * if Node runs the sources, `.js` in the published build.
 */
export function siblingModule(importMetaUrl: string, name: string): URL {
  return new URL(`./${name}${importMetaUrl.endsWith('.ts') ? '.ts' : '.js'}`, importMetaUrl);
}
