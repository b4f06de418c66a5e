/**
 * Leaves out of a subgraph's response the objects that a rule of `@rows` denies, before anything of it is merged: what is
 * read of the operation's data later (representations, arguments, the answer) never has such an object.
 *
 * What is not known is denied: a field that is missing, or null beside an error; an object that cannot be looked up.
 */
import type { Row, RowDecisions, RowQuestion } from '../../access/index.ts';
import { invariant, withPlainNumbers } from '../../lib/index.ts';
import type { RowField } from '../../planning/index.ts';
import { maxValueDepth, type SubgraphResponse } from '../../transport/index.ts';
import { type DataObject, isDataObject, type TypeMemberships } from '../data/data.ts';
import type { DeniedNulls } from '../data/denied-nulls.ts';
import type { CompiledCheck, CompiledLookup, CompiledPlace, CompiledRows } from './compile-rows.ts';
import { DoubtfulNulls } from './doubtful-nulls.ts';
import { filterList } from './filter-list.ts';
import { leaveOut } from './leave-out.ts';
import { mayBe } from './may-be.ts';
import { withoutDenied } from './translate-paths.ts';

export interface RowFilterOptions {
  readonly types: TypeMemberships;
  /** Undefined: everything with a rule is denied. */
  readonly decisions: RowDecisions | undefined;
  /** Where nulls of denied objects are recorded. */
  readonly nulls: () => DeniedNulls;
  readonly lookUp: LookUp;
}

/**
 * Asks for further fields of objects.
 * @param patterns where the objects are in the operation's data
 * @returns for each object that was found, the entity with the fields; never rejects
 */
export type LookUp = (
  lookup: CompiledLookup,
  objects: readonly DataObject[],
  patterns: CompiledPlace['patterns'],
) => Promise<Entities>;

export type Entities = ReadonlyMap<DataObject, DataObject>;

/** The objects that a check is for. */
interface CheckedObjects {
  readonly check: CompiledCheck;
  readonly place: CompiledPlace;
  objects: DataObject[];
}

const noEntities: readonly Entities[] = [];

export function filterRows(
  rows: CompiledRows,
  response: SubgraphResponse,
  options: RowFilterOptions,
): SubgraphResponse | Promise<SubgraphResponse> {
  const { data, errors, notes } = response;
  if (!isDataObject(data)) return response;
  const { single } = rows;
  const { types, decisions } = options;
  const isPlain = errors === undefined && notes === undefined;
  if (isPlain && single !== undefined && decisions !== undefined && filterList(single, data, types, decisions))
    return response;
  return new Filtering(rows, response, data, options).from(0);
}

class Filtering {
  readonly #rows: CompiledRows;
  readonly #data: DataObject;
  readonly #options: RowFilterOptions;
  #response: SubgraphResponse;
  readonly #doubtful: DoubtfulNulls | undefined;

  constructor(rows: CompiledRows, response: SubgraphResponse, data: DataObject, options: RowFilterOptions) {
    this.#rows = rows;
    this.#response = response;
    this.#data = data;
    this.#options = options;
    this.#doubtful = response.errors === undefined ? undefined : new DoubtfulNulls(data, response.errors);
  }

  /** The remaining rounds. */
  from(round: number): SubgraphResponse | Promise<SubgraphResponse> {
    for (let current = round; current < this.#rows.rounds; current++) {
      const checked = this.#gather(current);
      if (checked.length === 0) continue;
      const decided = current === 0 ? this.#decide(checked, noEntities) : this.#lookUp(checked);
      if (decided instanceof Promise) return decided.then(() => this.from(current + 1));
    }
    return this.#response;
  }

  /** The objects to decide on in a round: those of a place by its checks. */
  #gather(round: number): readonly CheckedObjects[] {
    const { types } = this.#options;
    const byCheck: (CheckedObjects | undefined)[] = new Array<undefined>(this.#rows.checks);
    for (const { entities, places } of this.#rows.roots) {
      const of = entities === undefined ? this.#data : this.#data[entities];
      for (const place of places) {
        if (!place.rounds.has(round)) continue;
        if (!Array.isArray(of)) gatherIn(place, of);
        else for (const entity of of) gatherIn(place, entity);
      }
    }
    return byCheck.filter((checked) => checked !== undefined);

    function gatherIn(place: CompiledPlace, holder: unknown): void {
      if (!isDataObject(holder)) return;
      if (place.on === undefined || mayBe(types, holder.__typename, place.on))
        gatherValue(place, holder[place.key], maxValueDepth);
    }

    function gatherValue(place: CompiledPlace, value: unknown, levels: number): void {
      if (Array.isArray(value)) {
        // Lists nested deeper than any type are refused when the answer is written.
        if (levels > 0) for (let index = 0; index < value.length; index++) gatherValue(place, value[index], levels - 1);
        return;
      }
      if (!isDataObject(value)) return;
      for (const check of place.checks) {
        if (check.round !== round) continue;
        if (check.on !== undefined && !mayBe(types, value.__typename, check.on)) continue;
        const checked = byCheck[check.index];
        if (checked === undefined) byCheck[check.index] = { check, place, objects: [value] };
        else checked.objects.push(value);
      }
      for (const below of place.below) if (below.rounds.has(round)) gatherIn(below, value);
    }
  }

  async #lookUp(checked: readonly CheckedObjects[]): Promise<void> {
    const { types, lookUp } = this.#options;
    const { lookups } = this.#rows;
    const requested = lookups.map(() => ({ objects: new Set<DataObject>(), patterns: [] as (readonly string[])[] }));
    for (const { check, place, objects } of checked) {
      for (const { index } of check.lookups) {
        for (const object of objects) requested[index]?.objects.add(object);
        requested[index]?.patterns.push(...place.patterns);
      }
    }
    const lookedUp = await Promise.all(
      lookups.map(async (lookup, index): Promise<Entities> => {
        const { objects, patterns } = requested[index] ?? { objects: new Set(), patterns: [] };
        return objects.size === 0 ? new Map() : lookUp(lookup, [...objects], patterns);
      }),
    );
    for (const each of checked) {
      const { type, lookups: used } = each.check;
      const [first] = used;
      if (type === undefined || first === undefined) continue;
      // The entity tells the type of an object of which the response names only an interface.
      const entities = lookedUp[first.index];
      each.objects = each.objects.filter((object) => mayBe(types, entities?.get(object)?.__typename, type));
    }
    await this.#decide(checked, lookedUp);
  }

  #decide(checked: readonly CheckedObjects[], lookedUp: readonly Entities[]): void | Promise<void> {
    const { decisions } = this.#options;
    if (decisions === undefined) {
      this.#apply(
        checked,
        checked.map(({ objects }) => objects.map(() => false)),
        new Set(),
      );
      return;
    }
    const unknown = new Set<DataObject>();
    const questions = checked.map(({ check, objects }): RowQuestion => {
      const rows = objects.map((object) => this.#rowOf(check, object, lookedUp));
      for (let index = 0; index < rows.length; index++)
        if (rows[index] === undefined) unknown.add(objects[index] as DataObject);
      return { rule: check.rule, rows };
    });
    const decided = decisions.decide(questions);
    if (decided instanceof Promise) return decided.then((answers) => this.#apply(checked, answers, unknown));
    this.#apply(checked, decided, unknown);
  }

  /** @returns undefined where a field is not known */
  #rowOf({ fields, lookups }: CompiledCheck, object: DataObject, lookedUp: readonly Entities[]): Row | undefined {
    const row: Record<string, unknown> = {};
    if (!this.#read(fields, object, row)) return undefined;
    for (const { index, fields: ofLookup } of lookups) {
      const entity = lookedUp[index]?.get(object);
      if (entity === undefined || !this.#read(ofLookup, entity, row)) return undefined;
    }
    return row;
  }

  #read(fields: readonly RowField[], object: DataObject, row: Record<string, unknown>): boolean {
    for (const { name, key } of fields) {
      const value = object[key];
      if (value === undefined || this.#doubtful?.has(object, key, value) === true) return false;
      row[name] = typeof value === 'object' ? withPlainNumbers(value) : value;
    }
    return true;
  }

  #apply(
    checked: readonly CheckedObjects[],
    decided: readonly (readonly boolean[])[],
    unknown: ReadonlySet<DataObject>,
  ): void {
    const { decisions, nulls } = this.#options;
    if (decisions?.isAudit === true) return;
    let denied: Map<DataObject, 'drop' | 'null'> | undefined;
    const places = new Set<CompiledPlace>();
    for (const [index, { check, place, objects }] of checked.entries()) {
      const answers = decided[index];
      invariant(answers?.length === objects.length, 'every object is decided on');
      for (let at = 0; at < objects.length; at++) {
        if (answers[at] === true) continue;
        denied ??= new Map();
        const object = objects[at] as DataObject;
        if (denied.get(object) !== 'drop') denied.set(object, check.rule.denied);
        places.add(place);
      }
    }
    if (denied === undefined) return;
    this.#response = withoutDenied(this.#response, this.#data, denied, unknown);
    leaveOut({ rows: this.#rows, data: this.#data, denied, places, nulls: nulls() });
  }
}
