import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';

/**
 * How the landing page is bundled: everything it needs comes from this origin, under hashed names, and nothing is
 * inlined, so that a strict Content-Security-Policy holds and the files can be cached for ever.
 */
export default {
  root: fileURLToPath(new URL('./app', import.meta.url)),
  base: '/landing/',
  publicDir: false,
  logLevel: 'error',
  worker: { format: 'es' },
  build: {
    outDir: fileURLToPath(new URL('./assets', import.meta.url)),
    assetsDir: '',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
} satisfies UserConfig;
