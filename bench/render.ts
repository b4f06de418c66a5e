/** `node bench/render.ts`: results.json as bench/results.md and bench/results.svg. */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderChart } from './render-chart.ts';
import { renderTables } from './render-tables.ts';
import type { Results } from './results.ts';

const results = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8')) as Results;
writeFileSync(new URL('results.md', import.meta.url), renderTables(results));
writeFileSync(new URL('results.svg', import.meta.url), renderChart(results));
