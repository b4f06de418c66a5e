/** Why a command could not run. It ends with exit code 2; 1 is for what a command has to report, such as a stale file. */
export type FailureCode =
  /** Wrong options or arguments. */
  | 'COMMAND_LINE'
  /** A supergraph.yaml that is wrong or cannot be read. */
  | 'CONFIGURATION'
  /** Subgraphs that do not compose, where another command than `compose` needs them to. */
  | 'COMPOSITION'
  /** A file that cannot be read, or has no such content. */
  | 'FILE'
  /** What a name on the command line stands for does not exist. */
  | 'NOT_FOUND'
  /** There is nothing that the command could work on. */
  | 'NOTHING_TO_DO'
  /** A change that its rules do not allow. */
  | 'REFUSED'
  /** The store, its records or its Redis cannot be opened. */
  | 'STORE'
  | 'GATEWAY_UNREACHABLE'
  /** A running gateway answered with an error. */
  | 'GATEWAY_REFUSED'
  /** A subgraph, a registry or another server did not answer as it should. */
  | 'SERVER'
  /** The port or the address of a gateway. */
  | 'LISTEN'
  | 'UNEXPECTED';

export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly code: FailureCode;
  /** More that a program reads beside code and message, such as `problems`. */
  readonly fields: Readonly<Record<string, unknown>>;

  /** 1 where the command ran and was refused what it asked for. */
  readonly exitCode: 1 | 2;

  constructor(code: FailureCode, message: string, fields: Readonly<Record<string, unknown>> = {}, exitCode: 1 | 2 = 2) {
    super(message);
    this.code = code;
    this.fields = fields;
    this.exitCode = exitCode;
  }
}

/** Ends the command. @throws CliFailure */
export function fail(code: FailureCode, message: string, fields?: Readonly<Record<string, unknown>>): never {
  throw new CliFailure(code, message, fields);
}

/** Ends a command that ran: the change that it asked for was refused. @throws CliFailure */
export function refuse(code: FailureCode, message: string, fields?: Readonly<Record<string, unknown>>): never {
  throw new CliFailure(code, message, fields, 1);
}
