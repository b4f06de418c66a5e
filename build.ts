/** Builds `dist/` for publishing: JavaScript and declarations of `src/`, the landing page's files, the bill of materials. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { billOfMaterials } from './licences.ts';
import { buildLandingPage } from './src/http/landing/build.ts';

rmSync('dist', { recursive: true, force: true });
// Types are checked by `npm run check`: twice the time.
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json', '--noCheck'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
await buildLandingPage();
cpSync('src/http/landing/assets', 'dist/http/landing/assets', { recursive: true });
cpSync('src/cli/init/templates', 'dist/cli/init/templates', { recursive: true });
writeFileSync('dist/sbom.cdx.json', billOfMaterials());
chmodSync('dist/cli/main.js', 0o755);
