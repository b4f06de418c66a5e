/** The results as a chart for the docs: bars of CPU time per request, one group for each operation and mode. */
import { digits, gatewayTitles } from './render-tables.ts';
import type { Measured, Results } from './results.ts';

const colours = { isthmus: '#0f766e', apollo: '#7c8aa0', hive: '#d08a2c', proxy: '#cbd2dc' } as const;
const width = 860;
const labelWidth = 252;
const barWidth = 450;
const barHeight = 17;

/** Each group has its own scale: what is compared is gateways, not operations. */
export function renderChart(results: Results): string {
  const groups = results.operations.flatMap(({ name, title }) =>
    (['separate', 'shared'] as const).flatMap((mode) => {
      const bars = results.measurements.filter(
        (one): one is Measured => one.kind === 'measured' && one.operation === name && one.mode === mode,
      );
      return bars.length === 0
        ? []
        : [{ title: mode === 'shared' ? `${title}; identical requests shared` : title, bars }];
    }),
  );
  const parts: string[] = [];
  let y = 58;
  for (const { title, bars } of groups) {
    parts.push(text(24, y, title, 'title'));
    const most = Math.max(...bars.map(({ cpuMsPerRequest }) => cpuMsPerRequest));
    const apollo = bars.find(({ gateway }) => gateway === 'apollo');
    y += 10;
    for (const { gateway, cpuMsPerRequest, wrong } of bars) {
      const long = Math.max(1, (cpuMsPerRequest / most) * barWidth);
      const ratio = gateway === 'apollo' ? '' : ratioOf(cpuMsPerRequest, apollo?.cpuMsPerRequest);
      parts.push(
        text(labelWidth - 8, y + 13, gatewayTitles[gateway], gateway === 'isthmus' ? 'label ours' : 'label'),
        `<rect x="${labelWidth}" y="${y}" width="${long.toFixed(1)}" height="${barHeight - 3}" rx="2" fill="${colours[gateway]}"/>`,
        text(
          labelWidth + long + 6,
          y + 12,
          `${digits(cpuMsPerRequest)} ms${gateway === 'proxy' ? '' : ratio}${wrong === undefined ? '' : ' · wrong answer'}`,
          'value',
        ),
      );
      y += barHeight;
    }
    y += 30;
  }
  const { machine, versions, date } = results;
  const foot = `${date.slice(0, 10)} · ${machine.processor} · Node ${versions.node} · one core for the gateway`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 6}" width="${width}" height="${y + 6}" role="img" aria-label="CPU time of the gateway process for each request">
<style>text{font:13px system-ui,sans-serif;fill:#1f2933}.title{font-weight:600}.head{font-size:16px;font-weight:700}.label{text-anchor:end}.ours{font-weight:700}.value{fill:#3e4c59}.foot{font-size:11px;fill:#7b8794}</style>
<rect width="${width}" height="${y + 6}" fill="#ffffff"/>
${text(24, 28, 'CPU milliseconds of the gateway for each request: shorter is better', 'head')}
${parts.join('\n')}
${text(24, y - 6, foot, 'foot')}
</svg>
`;
}

function ratioOf(ours: number, apollo: number | undefined): string {
  if (apollo === undefined) return '';
  return ours <= apollo ? ` · ${digits(apollo / ours)}× less` : ` · ${digits(ours / apollo)}× more`;
}

function text(x: number, y: number, content: string, kind: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y}" class="${kind}">${escaped}</text>`;
}
