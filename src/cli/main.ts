#!/usr/bin/env -S node --max-semi-space-size=64
/**
 * The `isthmus` command.
 *
 * Node is given more room for young objects than its 16 MB: an answer's data then dies there instead of being copied
 * about, which costs 50 MB and saves 15 to 20 % of the CPU of large answers (bench/NOTES.md). What it has compiled is
 * kept in a folder of the user's own: the next start takes half the CPU, 1.1 s instead of 2.0.
 *
 * An older Node must get so far as to be told what is missing: this file imports nothing before it has looked.
 */

/** As `engines` of package.json has it. */
const leastNode = 24;

if (Number(process.versions.node.split('.')[0]) < leastNode) {
  process.stderr.write(
    `isthmus needs Node ${leastNode} or newer, and this is ${process.versions.node} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org, or run it with `npx -p node@26 -p isthmus isthmus`.\n',
  );
  process.exit(1);
}
const { enableOwnCompileCache } = await import('./compile-cache.ts');
enableOwnCompileCache();
const { run } = await import('./run.ts');
await run();

export {};
