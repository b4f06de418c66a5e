/**
 * Reads YAML into plain values and keeps every value's line, so that each problem names its place.
 * `${NAME}` and `${NAME:-default}` inside strings are read from the environment here, before anything looks at them.
 */
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument, Scalar, visit } from 'yaml';
import { readTextFile } from '../lib/index.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';

export type YamlPath = readonly (string | number)[];

export interface YamlSource {
  readonly value: unknown;
  /** The line of the value at `path`, or of the key itself where `path` names a key; the nearest parent's otherwise. */
  lineOf(path: YamlPath): number | undefined;
}

export function formatPath(path: YamlPath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** Plain scalars are numbers and booleans in YAML; a substituted one is read as it would have been. */
function retype(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** The lines of keys, such as `server.port`, as the file is now; of none where it cannot be read. */
export async function linesOfKeys(file: string): Promise<(key: string) => number | undefined> {
  try {
    const { lineOf } = readYaml(file, await readTextFile(file), process.env);
    return (key) => lineOf(key.split('.'));
  } catch {
    return () => undefined;
  }
}

export function readYaml(file: string, text: string, environment: NodeJS.ProcessEnv): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    // The first alone: what follows a syntax error is mostly its echo. The token it quotes may be part of a secret.
    const message = error.message.replace(/:? ".*$/s, '');
    throw new ConfigError(file, [{ path: '', line: lines.linePos(error.pos[0]).line, message }]);
  }

  const lineOfNode = (node: Node | null | undefined): number | undefined =>
    node?.range == null ? undefined : lines.linePos(node.range[0]).line;
  const problems: ConfigProblem[] = [];
  visit(document, {
    Scalar(_key, node, parents) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      const path = parents.flatMap((parent) =>
        isPair(parent) && isScalar(parent.key) ? [String(parent.key.value)] : [],
      );
      const replaced = node.value.replace(variable, (_whole, name: string, fallback: string | undefined) => {
        const value = environment[name];
        if (value !== undefined && value !== '') return value;
        if (fallback !== undefined) return fallback;
        problems.push({
          path: formatPath(path),
          line: lineOfNode(node),
          message: `the environment variable ${name} is not set; set it, or write \${${name}:-default}`,
        });
        return '';
      });
      node.value = node.type === Scalar.PLAIN ? retype(replaced) : replaced;
    },
  });
  if (problems.length > 0) throw new ConfigError(file, problems);

  return {
    value: document.toJS({ maxAliasCount: 100 }),
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const step = path[length - 1];
        const parent = length === 0 ? undefined : document.getIn(path.slice(0, length - 1), true);
        const owner = length === 1 ? document.contents : parent;
        if (isMap(owner) && step !== undefined) {
          const pair = owner.items.find((item) => isScalar(item.key) && item.key.value === step);
          if (pair !== undefined && isScalar(pair.key)) return lineOfNode(pair.key);
        }
        const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        const line = lineOfNode(node as Node | null | undefined);
        if (line !== undefined) return line;
      }
      return undefined;
    },
  };
}
