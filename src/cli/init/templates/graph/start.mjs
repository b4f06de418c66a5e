/** `npm start`: every subgraph of this folder in one process, and the gateway in another, watching for changes. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const folder = new URL('subgraphs/', import.meta.url);
for (const name of readdirSync(folder)) {
  const main = new URL(`${name}/main.mjs`, folder);
  if (existsSync(main)) await import(main.href);
}

const gateway = spawn('isthmus', ['dev', ...process.argv.slice(2)], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
gateway.on('error', () => {
  console.error('The command isthmus is missing: run `npm install`, then `npm start`.');
  process.exit(2);
});
gateway.on('exit', (code) => process.exit(code ?? 1));
// The gateway ends by itself what is in flight.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => gateway.kill(signal));
