/** The names of entries of a list, which may be left out. */
import { z } from 'zod';

export const entryName = z
  .string()
  .regex(/^[\w .:/-]{1,64}$/, 'a name has up to 64 letters, digits, spaces and _.:/-')
  .optional();

/** Refuses a list of which two items have one name; names that are not given are made of the items’ other keys. */
export function distinctNames<Item>(what: string, nameOf: (item: Item) => string) {
  return (items: readonly Item[], context: z.core.$RefinementCtx): void => {
    const names = new Set<string>();
    for (const [index, item] of items.entries()) {
      const name = nameOf(item);
      if (names.has(name))
        context.addIssue({ code: 'custom', message: `two ${what} are called "${name}": add name`, path: [index] });
      names.add(name);
    }
  };
}
