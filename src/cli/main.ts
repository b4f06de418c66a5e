#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=100 --no-allocation-site-pretenuring
/**
 * The `isthmus` command.
 *
 * Two flags bound the memory: a semi-space of the young generation has 16 MB, and the old generation is collected when it
 * has doubled, where V8 lets it grow fourfold. The third keeps what belongs to one request in the young generation: V8 would make
 * some of it where old objects lie, by chance in some processes and not in others (bench/NOTES.md has the numbers).
 * Compiled code is cached in a folder of the user: the next start takes half the CPU, 1.1 s instead of 2.0.
 *
 * An older Node must reach the version check: this file imports nothing before it.
 */

/** The version in `engines` of package.json. */
const minNodeVersion = 24;

if (Number(process.versions.node.split('.')[0]) < minNodeVersion) {
  process.stderr.write(
    `isthmus needs Node ${minNodeVersion} or newer, and this is ${process.versions.node} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org, or run it with `npx -p node@26 -p isthmus isthmus`.\n',
  );
  process.exit(2);
}
const { enableOwnCompileCache } = await import('./compile-cache.ts');
enableOwnCompileCache();
const { run } = await import('./run.ts');
await run();

export {};
