/** One thing wrong in supergraph.yaml. Never carries a value: a value may be a secret. */
export interface ConfigProblem {
  /** The YAML path, such as `server.port`; empty for the file as a whole. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number | undefined;
  readonly message: string;
}

/** Stops the start, or refuses a live edit, with every problem found. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super(
      problems
        .map(({ path, line, message }) => {
          const place = line === undefined ? file : `${file}:${line}`;
          return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
        })
        .join('\n'),
    );
    this.file = file;
    this.problems = problems;
  }
}
