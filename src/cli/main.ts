#!/usr/bin/env -S node --max-semi-space-size=64
/**
 * The `isthmus` command.
 *
 * Node is given more room for young objects than its 16 MB: an answer's data then dies there instead of being copied
 * about, which costs 50 MB and saves 15 to 20 % of the CPU of large answers (bench/NOTES.md). What it has compiled is
 * kept in a folder of the user's own: the next start takes half the CPU, 1.1 s instead of 2.0.
 */
import { enableOwnCompileCache } from './compile-cache.ts';

enableOwnCompileCache();
const { run } = await import('./run.ts');
await run();
