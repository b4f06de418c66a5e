/** JSON as outside data is read, and schemas of it. */

/** Any JSON value, as outside data is read. */
export type JsonObject = { readonly [key: string]: unknown };

/** A JSON schema (draft 2020-12), as structured output and tools are described. */
export type JsonSchema = JsonObject;
