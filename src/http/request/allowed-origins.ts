/**
 * Which other origins' pages may call the gateway from a browser (server.allowed_origins): those named, any port of a
 * host (`http://localhost:*`), or all (`*`).
 */
export interface AllowedOrigins {
  /** Whether every page may; such pages are not trusted with the browser's credentials. */
  readonly isAny: boolean;
  allows(origin: string): boolean;
}

/** By the list of a configuration, which is frozen. */
const compiled = new WeakMap<readonly string[], AllowedOrigins>();

export function allowedOrigins(list: readonly string[]): AllowedOrigins {
  let origins = compiled.get(list);
  if (origins === undefined) {
    origins = compile(list);
    compiled.set(list, origins);
  }
  return origins;
}

function compile(list: readonly string[]): AllowedOrigins {
  const isAny = list.includes('*');
  const exact = new Set(list);
  const anyPort = list.flatMap((entry) => (entry.endsWith(':*') ? [entry.slice(0, -2)] : []));
  return {
    isAny,
    allows: (origin) =>
      isAny || exact.has(origin) || (anyPort.length > 0 && anyPort.includes(origin.replace(/:\d{1,5}$/, ''))),
  };
}
