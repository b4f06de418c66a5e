/**
 * Runs command lines of `isthmus` one after the other in one process, as `src/cli/main.ts` runs one: the file that is named has
 * a JSON list of them. After each it prints what it came to, as `<<ended JSON>>`.
 */
import { readFileSync } from 'node:fs';
import { runCommandLine } from '../../../src/cli/run.ts';

const [file = ''] = process.argv.slice(2);
const lines = JSON.parse(readFileSync(file, 'utf8')) as readonly (readonly string[])[];
for (const words of lines) {
  process.argv = [...process.argv.slice(0, 2), ...words];
  const startedAt = performance.now();
  const code = await runCommandLine(words);
  process.exitCode = 0;
  process.stdout.write(`<<ended ${JSON.stringify({ code, ms: Math.round(performance.now() - startedAt) })}>>\n`);
}
