import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface LandingPageContent {
  /** Where the page sends operations: a path on its own origin. */
  readonly graphqlPath: string;
  /** Where it asks which of its tabs are trusted documents; undefined where there are none. */
  readonly trustedPath?: string | undefined;
  /** The examples a first-time visitor finds in the tabs, the first one open. */
  readonly operations: readonly {
    readonly title: string;
    readonly query: string;
    /** What the headers editor of the tab holds: JSON, with comments. */
    readonly headers?: string;
  }[];
}

export interface LandingPage {
  /** False where the page's files were not built; `render` then says how to build them. */
  readonly available: boolean;
  /** Absolute; served under `/landing/`. File names carry a hash of their content, except `index.html`. */
  readonly assetsFolder: string;
  /** The header to send with the page: the strictest under which it works. */
  readonly contentSecurityPolicy: string;
  render(content: LandingPageContent): string;
}

/**
 * The editor writes style elements and attributes, and underlines mistakes with `data:` pictures; everything else is a
 * file of this origin. Pictures that an answer links to are not loaded.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const settingsBlock = /(?<=<script type="application\/json" id="isthmus">)[^<]*(?=<\/script>)/;

/**
 * Reads the page that `build.ts` made; once, at the start of a gateway.
 *
 * @param options.assetsFolder where it was built. Default: `assets` beside this module, in the sources and in `dist/`.
 */
export function loadLandingPage(options: { readonly assetsFolder?: string } = {}): LandingPage {
  const assetsFolder = resolve(options.assetsFolder ?? fileURLToPath(new URL('./assets', import.meta.url)));
  const page = join(assetsFolder, 'index.html');
  if (!existsSync(page)) return { available: false, assetsFolder, contentSecurityPolicy, render: () => notBuilt };
  const html = readFileSync(page, 'utf8');
  return {
    available: true,
    assetsFolder,
    contentSecurityPolicy,
    render: (content) => html.replace(settingsBlock, () => scriptJson(content)),
  };
}

/** JSON that stays data inside a `<script>`: without `<` no text can close the element or open a comment in it. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

const notBuilt = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Isthmus</title>
    <style>body { max-width: 40em; margin: 4em auto; padding: 0 1em; font: 16px/1.5 system-ui, sans-serif }</style>
  </head>
  <body>
    <h1>Isthmus</h1>
    <p>The gateway is running. Its landing page was not built; build it with</p>
    <pre>npm ci
node src/http/landing/build.ts</pre>
    <p>and restart.</p>
  </body>
</html>
`;
