/**
 * What of a schema is deprecated, and until when it stays: by a date in the reason, which every tool shows as it is.
 *
 *     name: String @deprecated(reason: "Use title. (since: 2026-11-30, sunset: 2027-03-01)")
 */
import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';

export interface Deprecation {
  readonly coordinate: string;
  readonly reason: string;
  /** Days as 2027-03-01; undefined where the reason has none. */
  readonly since: string | undefined;
  readonly sunset: string | undefined;
}

const memory = new WeakMap<GraphQLSchema, ReadonlyMap<string, Deprecation>>();

/** By coordinate; read once for each schema. */
export function deprecatedCoordinates(schema: GraphQLSchema): ReadonlyMap<string, Deprecation> {
  const existing = memory.get(schema);
  if (existing !== undefined) return existing;
  const deprecations = new Map<string, Deprecation>();
  const add = (coordinate: string, reason: string | null | undefined): void => {
    if (reason !== null && reason !== undefined)
      deprecations.set(coordinate, { coordinate, reason, ...deprecationDates(reason) });
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) continue;
    const { name } = type;
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields())) {
        add(`${name}.${field.name}`, field.deprecationReason);
        for (const argument of field.args) add(`${name}.${field.name}.${argument.name}`, argument.deprecationReason);
      }
    else if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) add(`${name}.${field.name}`, field.deprecationReason);
    else if (isEnumType(type))
      for (const value of type.getValues()) add(`${name}.${value.name}`, value.deprecationReason);
  }
  memory.set(schema, deprecations);
  return deprecations;
}

const inParentheses = /\(([^()]{1,200})\)/g;
const datePart = /^\s*(since|sunset)\s*:\s*(\d{4}-\d\d-\d\d)\s*$/;

/** @returns what is a date of the calendar; whatever else a reason has is text */
export function deprecationDates(reason: string): Pick<Deprecation, 'since' | 'sunset'> {
  const dates: { since: string | undefined; sunset: string | undefined } = { since: undefined, sunset: undefined };
  for (const [, parts = ''] of reason.matchAll(inParentheses))
    for (const part of parts.split(/[,;]/)) {
      const [, name, date = ''] = datePart.exec(part) ?? [];
      if ((name === 'since' || name === 'sunset') && isDate(date)) dates[name] = date;
    }
  return dates;
}

function isDate(text: string): boolean {
  const moment = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text);
}
