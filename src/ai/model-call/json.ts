/** JSON values and JSON schemas. */

/** Any JSON value. */
export type JsonObject = { readonly [key: string]: unknown };

/** A JSON schema (draft 2020-12). */
export type JsonSchema = JsonObject;
