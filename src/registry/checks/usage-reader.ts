/**
 * What a check asks of real traffic. A coordinate is counted where an operation that ran uses it, once per request:
 *
 * - `Type.field`: the field is selected on this type, an interface's under the interface's name
 * - `Type.field.argument`: the argument is given
 * - `Input.field`: a value has the field, written in the document or in its variables
 * - `Enum.VALUE`: a client sends the value, written in the document or in its variables
 */

/** The requests that count. */
export interface UsageWindow {
  /** Milliseconds since 1970; the end is not included. */
  readonly from: number;
  readonly to: number;
  /** The names of clients whose requests do not count. */
  readonly excludedClients: readonly string[];
  /** As `shop@current`: requests of others do not count, where it is known what they were of; undefined: all count. */
  readonly graphs?: readonly string[] | undefined;
}

/** The requests of one client. */
export interface ClientUsage {
  /** Undefined: the client gives no name. */
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly requests: number;
}

export interface CoordinateUsage {
  readonly requests: number;
  /** The number of different operations. */
  readonly operations: number;
  /** Those with most requests first; a reader may leave out the rest. */
  readonly clients: readonly ClientUsage[];
  /** Milliseconds since 1970; a reader may round it to the hour. */
  readonly lastUsed: number;
}

/** An operation that ran in the window. */
export interface OperationUsage {
  /** Equal for equal operations. */
  readonly signature: string;
  /** With its fragments, without values of clients. */
  readonly document: string;
  readonly operationName: string | undefined;
  readonly requests: number;
  /** Those with most requests first; a reader may leave out the rest. */
  readonly clients: readonly ClientUsage[];
  readonly lastUsed: number;
}

export interface UsageReader {
  /** The requests of the window; 0 where nothing is known of it: then no change counts as unused. */
  requests(window: UsageWindow): Promise<number>;
  /** @returns those that are used; the others are not */
  coordinates(coordinates: readonly string[], window: UsageWindow): Promise<ReadonlyMap<string, CoordinateUsage>>;
  /** Those with most requests first. */
  mostUsed(limit: number, window: UsageWindow): Promise<readonly OperationUsage[]>;
}
