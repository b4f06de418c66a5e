/** What the gateway tells the page, in its `<script type="application/json" id="isthmus">` block. */
export interface PageSettings {
  readonly graphqlPath: string;
  /** Where the gateway says which documents are trusted; undefined where none are. */
  readonly trustedPath?: string;
  readonly operations: readonly {
    readonly title: string;
    readonly query: string;
    /** What the headers editor of the tab holds: JSON, with comments. */
    readonly headers?: string;
  }[];
}

export function readSettings(): PageSettings {
  return JSON.parse(document.getElementById('isthmus')?.textContent ?? '') as PageSettings;
}
