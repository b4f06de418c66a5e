import type { Random } from '../random/random.ts';

const mostTypes = 20;

/** A version of a subgraph, as it is published: version 3 of `a` has the field `a3`, and types at random. */
export function versionOf(name: string, version: number, random: Random) {
  const types = Array.from({ length: random.below(mostTypes) }, (_, number) => {
    const fields = Array.from({ length: 1 + random.below(10) }, (_, field) => `f${field}: Int`);
    return `type ${name.toUpperCase()}Type${number} { ${fields.join(' ')} }`;
  });
  const more = types.map((_, number) => `more${number}${name}: ${name.toUpperCase()}Type${number}`);
  const sdl = [`type Query { ${name}${version}: Int ${name}: Int ${more.join(' ')} }`, ...types].join('\n');
  return { name, sdl };
}
