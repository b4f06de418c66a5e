/** Progressive overrides: which of the schema's labels are on for a request. */

/** `percent(n)` is drawn for each request; other labels are on where `override_labels` of supergraph.yaml lists them. */
export function activeLabels(labels: readonly string[], enabled: ReadonlySet<string>): readonly string[] {
  return labels.filter((label) => {
    const percent = /^percent\((\d+(?:\.\d+)?)\)$/.exec(label)?.[1];
    return percent === undefined ? enabled.has(label) : Math.random() * 100 < Number(percent);
  });
}
