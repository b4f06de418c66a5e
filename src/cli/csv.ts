/**
 * CSV as RFC 4180 has it. A text that a spreadsheet would run as a formula begins with an apostrophe: names of clients and
 * operations are written by whoever sends them.
 */
export function csvLine(cells: readonly (string | number | bigint | undefined)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string | number | bigint | undefined): string {
  if (typeof cell !== 'string') return cell === undefined ? '' : String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
