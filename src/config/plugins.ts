/** `plugins`: code of one's own in a request's life. */
import { z } from 'zod';
import type { YamlPath } from './read-yaml.ts';
import { formatPath } from './read-yaml.ts';

export const pluginsYaml = z
  .array(z.string().min(1))
  .default([])
  .describe('TypeScript modules that export a `plugin`, in the order their hooks run. They are watched and reloaded.');

/** A module that `plugins` names. */
export interface PluginFile {
  readonly path: string;
  /** Its YAML path, and its line where the configuration is a file. */
  readonly place: string;
  readonly line: number | undefined;
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
