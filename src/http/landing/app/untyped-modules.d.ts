/** What the page imports that comes without types: style sheets, Vite's workers, and the few names used of React. */
declare module '*.css';

declare module '*?worker' {
  const BundledWorker: new () => Worker;
  // biome-ignore lint/style/noDefaultExport: this is how Vite hands a worker over.
  export default BundledWorker;
}

declare module 'react' {
  export function useEffect(effect: () => void, dependencies: readonly unknown[]): void;
}

declare module 'react-dom/client' {
  export function createRoot(container: Element): { render(element: unknown): void };
}

declare module 'react/jsx-runtime' {
  export const jsx: unknown;
  export const jsxs: unknown;
  export namespace JSX {
    type Element = unknown;
    type ElementType = (properties: never) => unknown;
    interface ElementChildrenAttribute {
      children: unknown;
    }
  }
}
