/** Three digits that count; of what is below a tenth, thousandths. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size !== 0 && size < 0.1 ? 3 : 2);
}

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
