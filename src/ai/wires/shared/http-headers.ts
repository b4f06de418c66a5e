/** The headers of a provider's answer. */

export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;
