/** A named policy of the configuration: a question about the caller, answered yes or no. */
import type { Abortable } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { Principal } from '../principal.ts';

/** What a policy decides on, once per distinct set of arguments in an operation. */
export interface PolicyInput {
  readonly principal: Principal;
  /** The arguments of the field, coerced, defaults included; empty for a policy that reads none. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly request: PolicyRequest;
  /** The object that `@rows` is about; missing elsewhere. */
  readonly row?: Row | undefined;
}

/** What a rule reads of an object, by the names of its fields. */
export type Row = Readonly<Record<string, unknown>>;

/** The request, as far as policies may read it. */
export interface PolicyRequest {
  /** In lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly operationName: string | undefined;
  readonly operationType: 'query' | 'mutation' | 'subscription';
}

/** What the evaluation of an operation's policies shares. */
export interface PolicyRun {
  readonly signal: Abortable;
  readonly log: Logger;
}

/** A field that a policy reads by its name, and the key that objects have it under. */
export interface RowKey {
  readonly name: string;
  readonly key: string;
}

/** Whether an object may be read. */
export type RowCondition = (object: Readonly<Record<string, unknown>>) => boolean;

export type RowCaller = Pick<PolicyInput, 'principal' | 'request'>;

export interface Policy {
  readonly name: string;
  /** Whether it depends on the field's arguments: then it is evaluated for each distinct set of them. */
  readonly readsArguments: boolean;
  /** Whether it depends on the request: then callers of one principal may be answered differently. */
  readonly readsRequest: boolean;
  /** What it needs to allow anything, as far as that is known: rules on fields have no row, those on rows no arguments. */
  readonly needs: ReadonlySet<'args' | 'row'>;
  /**
   * Decides all inputs of one operation; never throws: what cannot be decided is false.
   * @returns one decision for each input, in their order
   */
  decide(inputs: readonly PolicyInput[], run: PolicyRun): readonly boolean[] | Promise<readonly boolean[]>;
  /**
   * Decides an object at once, from where it has the fields: of an object that lacks one, false. Missing where a policy
   * answers later or for all objects together.
   */
  readonly rowCondition?: ((fields: readonly RowKey[], caller: RowCaller) => RowCondition) | undefined;
  /** The same for objects of one operation, of which there may be thousands. */
  decideRows(rows: readonly Row[], caller: RowCaller, run: PolicyRun): readonly boolean[] | Promise<readonly boolean[]>;
}
