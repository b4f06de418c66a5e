/**
 * Values and packages that only some requests need: they take memory and time of the start from the first use on, not
 * before. Synchronous, because the code that uses them is.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Makes a value when it is first needed; later calls return the same one. */
export function onDemand<Value>(make: () => Value): () => Value {
  let value: { readonly value: Value } | undefined;
  return () => {
    value ??= { value: make() };
    return value.value;
  };
}

const require = createRequire(import.meta.url);

/** Loads a dependency of Isthmus when it is first needed; the same module as an `import` of it gives. */
export function packageOnDemand<Package>(name: string): () => Package {
  return onDemand(() => require(fileURLToPath(import.meta.resolve(name))) as Package);
}
