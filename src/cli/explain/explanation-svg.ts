/**
 * An explanation as an SVG picture: a box for each request, a column for each stage, a line from what a request waits for.
 * All texts are text: they are read by screen readers and can be searched. Whatever comes from a schema is escaped.
 */

import type { Explanation } from './explain-operation.ts';
import { cacheTitle, callsText, costTitle, isOf, planTitle, stepName, stepPlace } from './explanation-text.ts';
import type { PlanStep } from './plan-steps.ts';

const charWidth = 7.3;
const lineHeight = 18;
const padding = 12;
const columnGap = 64;
const rowGap = 24;
const maxColumns = 72;
const maxLines = 30;

interface Box {
  readonly step: PlanStep;
  readonly lines: readonly string[];
  readonly isAi: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function explanationSvg(explanation: Explanation): string {
  const title = `${explanation.operation ?? 'an operation'}: how it is answered`;
  const head = [
    planTitle(explanation.plan),
    `cost: ${costTitle(explanation)}`,
    accessTitle(explanation),
    `cache: ${cacheTitle(explanation.cache)}`,
  ];
  const top = padding * 2 + (head.length + 2) * lineHeight;
  const boxes = boxesOf(explanation, top);
  const headWidth = Math.max(...[title, ...head].map(widthOf)) + padding * 2;
  const width = Math.max(headWidth, ...boxes.map((box) => box.x + box.width + padding));
  const height = Math.max(top, ...boxes.map((box) => box.y + box.height + padding));
  const lines = [title, ...head].map((line, index) =>
    text(line, padding, padding + (index + 1) * lineHeight, index === 0),
  );
  const description = boxes
    .map(({ step }) => `${stepName(step, explanation.inProcess)}: ${stepPlace(step)}`)
    .join('; ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12" fill="#1b1f24">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped([...head, description].join('. '))}</desc>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...lines,
    ...boxes.flatMap((box) => connections(box, boxes)),
    ...boxes.map(boxText),
    '</svg>',
    '',
  ].join('\n');
}

function accessTitle({ access }: Explanation): string {
  if (access.kind === 'refused') return `access: refused (${access.status}): ${access.reason}`;
  const caller = `${access.caller.id} (${access.caller.kind})`;
  if (access.kind === 'unprotected') return `access: ${caller} may read all of it`;
  const denied = [...new Set(access.denied.map(({ coordinate }) => coordinate))];
  if (denied.length === 0) return `access: ${caller} may read all of it`;
  return `access: ${caller} may not read ${denied.slice(0, 6).join(', ')}${denied.length > 6 ? ' …' : ''}`;
}

function boxesOf({ plan, inProcess, cost }: Explanation, top: number): readonly Box[] {
  const boxes: Box[] = [];
  let x = padding;
  for (const steps of Map.groupBy(plan, ({ stage }) => stage).values()) {
    let y = top;
    let widest = 0;
    for (const step of steps) {
      const isAi = inProcess.includes(step.subgraph);
      const ai = isAi ? cost.ai.filter(({ path }) => isOf(step, path)) : [];
      const lines = [
        stepName(step, inProcess),
        stepPlace(step),
        ...(step.representations === undefined ? [] : [`sends ${step.representations}`]),
        ...ai.map(({ path, calls, items, usd }) => `${path}: ${callsText(calls)}, ${items} at most, $${usd}`),
        ...shortened(step.selection.split('\n')),
      ].map(cut);
      const width = Math.max(...lines.map(widthOf)) + padding * 2;
      const height = lines.length * lineHeight + padding * 2;
      boxes.push({ step, lines, isAi, x, y, width, height });
      widest = Math.max(widest, width);
      y += height + rowGap;
    }
    x += widest + columnGap;
  }
  return boxes;
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines), `… ${lines.length - maxLines} more lines`];
}

function cut(line: string): string {
  return line.length <= maxColumns ? line : `${line.slice(0, maxColumns - 1)}…`;
}

function widthOf(line: string): number {
  return line.length * charWidth;
}

/** A line from each step that the box waits for. */
function connections({ step, x, y, height }: Box, boxes: readonly Box[]): readonly string[] {
  return step.after.flatMap((number) => {
    const from = boxes.find((box) => box.step.number === number);
    if (from === undefined) return [];
    const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height / 2, x, y + height / 2].map(Math.round);
    return [`<path d="M${x1} ${y1} L${x2} ${y2}" fill="none" stroke="#57606a" stroke-width="1.5"/>`];
  });
}

function boxText({ lines, isAi, x, y, width, height }: Box): string {
  const fill = isAi ? '#fff8e1' : '#f6f8fa';
  const frame = `<rect x="${Math.round(x)}" y="${Math.round(y)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" rx="6" fill="${fill}" stroke="#57606a"/>`;
  const texts = lines.map((line, index) =>
    text(line, x + padding, y + padding + (index + 0.75) * lineHeight, index === 0),
  );
  return `<g>${[frame, ...texts].join('')}</g>`;
}

function text(line: string, x: number, y: number, isBold: boolean): string {
  const weight = isBold ? ' font-weight="bold"' : '';
  return `<text x="${Math.round(x)}" y="${Math.round(y)}" xml:space="preserve"${weight}>${escaped(line)}</text>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML has no control characters. */
function escaped(value: string): string {
  return value.replace(/\p{Cc}+/gu, ' ').replace(/[&<>"]/g, (character) => entities[character] ?? '');
}
