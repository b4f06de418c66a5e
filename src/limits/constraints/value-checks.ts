/** Checks of values by their input types: of input objects, those fields alone that have a `@constraint`, or lead to one. */
import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import {
  type BrokenRule,
  type CompiledConstraint,
  type Constraints,
  compileConstraint,
} from '../../supergraph/index.ts';

export type ValuePath = readonly (string | number)[];
export type ReportBroken = (path: ValuePath, broken: BrokenRule) => void;
export type ValueCheck = (value: unknown, path: ValuePath, report: ReportBroken) => void;

/** A field of an input object with what is known of its values. */
export interface CheckedField {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly constraint: CompiledConstraint | undefined;
}

export class ValueChecks {
  readonly #compiled = new Map<string, CompiledConstraint>();
  /** The input object types that have a constraint in them, at any depth, each with the fields that lead to one. */
  readonly #inputs = new Map<string, readonly CheckedField[]>();

  constructor(schema: GraphQLSchema, constraints: Constraints) {
    for (const [coordinate, constraint] of constraints) this.#compiled.set(coordinate, compileConstraint(constraint));
    const inputs = Object.values(schema.getTypeMap()).filter(isInputObjectType);
    for (let isGrowing = true; isGrowing; ) {
      isGrowing = false;
      for (const input of inputs) {
        const fields = Object.values(input.getFields()).flatMap(({ name, type }): CheckedField[] => {
          const constraint = this.#compiled.get(`${input.name}.${name}`);
          const leads = this.#inputs.has(getNamedType(type).name);
          return constraint === undefined && !leads ? [] : [{ name, type, constraint }];
        });
        if (fields.length === (this.#inputs.get(input.name)?.length ?? 0)) continue;
        this.#inputs.set(input.name, fields);
        isGrowing = true;
      }
    }
  }

  constraintOf(coordinate: string): CompiledConstraint | undefined {
    return this.#compiled.get(coordinate);
  }

  fieldsOf(type: GraphQLInputType): readonly CheckedField[] {
    return this.#inputs.get(getNamedType(type).name) ?? [];
  }

  /** @returns undefined where values of the type are not checked */
  checkOf(type: GraphQLInputType, constraint: CompiledConstraint | undefined): ValueCheck | undefined {
    if (constraint === undefined && this.fieldsOf(type).length === 0) return undefined;
    return (value, path, report) => this.check(value, type, constraint, path, report);
  }

  check(
    value: unknown,
    type: GraphQLInputType,
    constraint: CompiledConstraint | undefined,
    path: ValuePath,
    report: ReportBroken,
    isItem = false,
  ): void {
    if (value === null || value === undefined) return;
    const nullable = isNonNullType(type) ? type.ofType : type;
    if (isListType(nullable)) {
      // A single value stands for a list of one.
      const items: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (!isItem && constraint !== undefined)
        for (const broken of constraint.items(items.length)) report(path, broken);
      for (const [index, item] of items.entries())
        this.check(item, nullable.ofType, constraint, Array.isArray(value) ? [...path, index] : path, report, true);
      return;
    }
    if (!isInputObjectType(nullable)) {
      if (constraint !== undefined) for (const broken of constraint.value(value)) report(path, broken);
      return;
    }
    for (const field of this.fieldsOf(nullable)) {
      if (!Object.hasOwn(value, field.name)) continue;
      const inner = (value as Readonly<Record<string, unknown>>)[field.name];
      this.check(inner, field.type, field.constraint, [...path, field.name], report);
    }
  }
}
