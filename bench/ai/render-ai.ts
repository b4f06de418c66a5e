/** The results of `npm run bench -- ai` as markdown, each line beside the bare proxy's and beside its target. */
import { digits, row } from '../markdown.ts';
import type { AiMeasured, AiResults, SubjectName, WorkloadName } from './ai-results.ts';

export const subjectTitles: Readonly<Record<SubjectName, string>> = {
  proxy: 'floor: a bare Node proxy',
  'proxy-messages': 'floor: the same, Anthropic’s wire',
  isthmus: 'Isthmus, passed on in the same wire',
  'isthmus-bare': 'Isthmus, the same with nothing switched on',
  'isthmus-chat-to-anthropic': 'Isthmus, OpenAI’s wire to Anthropic’s',
  'isthmus-messages-to-openai': 'Isthmus, Anthropic’s wire to OpenAI’s',
  'isthmus-hits': 'Isthmus, from its cache',
  portkey: 'Portkey, passed on in the same wire',
  'portkey-chat-to-anthropic': 'Portkey, OpenAI’s wire to Anthropic’s',
};

/** What issue 4 asks for, as a multiple of the bare proxy. */
const targets: Readonly<Partial<Record<SubjectName, string>>> = {
  isthmus: '≤ 3×',
  'isthmus-chat-to-anthropic': '≤ 5×',
  'isthmus-messages-to-openai': '≤ 5×',
  'isthmus-hits': '< 1×',
};

const chunksPerStream = 500;

export function renderAi(results: AiResults): string {
  const { versions, warmUpSeconds, measuredSeconds, skipped, machine, unpinned } = results;
  const portkey = versions.portkey === undefined ? '' : `, Portkey ${versions.portkey}`;
  const lines = [
    `${results.date.slice(0, 10)}, ${machine.processor}, Node ${versions.node}${portkey}: ${warmUpSeconds} s warm-up, ${measuredSeconds} s measured, the gateway on ${unpinned === undefined ? 'a core of its own' : 'no core of its own'}.`,
    ...section('Chat calls of 300 bytes, 20 connections', callsTable(results)),
    ...section('First text of a stream, one stream at a time', firstTable(results)),
    ...section(
      'Streams of 500 chunks that the provider writes at once, 8 connections',
      chunksTable(results, 'stream-together'),
    ),
    ...section('Streams of 500 chunks, one every millisecond, 8 connections', chunksTable(results, 'stream-apart')),
  ];
  for (const line of results.lines) {
    if (line.kind === 'failed')
      lines.push('', `${subjectTitles[line.subject]} (${line.workload}) failed: ${line.reason}`);
  }
  for (const [name, reason] of Object.entries(skipped)) lines.push('', `Not measured: ${name}, because ${reason}.`);
  return `${lines.join('\n')}\n`;
}

/** The lines that the docs show: CPU of a call beside the bare proxy's. */
export function renderAiSummary(results: AiResults): string {
  const proxy = find(results, 'call', 'proxy');
  const lines = [row(['model calls of 300 bytes', 'CPU ms per call', 'of the proxy’s']), '|---|--:|--:|'];
  for (const line of of(results, 'call')) {
    lines.push(row([subjectTitles[line.subject], digits(line.cpuMsPerCall), ratio(line, proxy)]));
  }
  return lines.join('\n');
}

function section(title: string, table: readonly string[]): string[] {
  return table.length === 0 ? [] : ['', `**${title}**`, '', ...table];
}

function callsTable(results: AiResults): string[] {
  const measured = of(results, 'call');
  if (measured.length === 0) return [];
  const proxy = find(results, 'call', 'proxy');
  const head = [
    '',
    'CPU ms/call',
    'of the proxy’s',
    'target',
    'calls/s',
    'p50 ms',
    'p99 ms',
    'provider calls/call',
    'peak RSS MB',
  ];
  return [
    row(head),
    row(head.map((_, index) => (index === 0 ? '---' : '--:'))),
    ...measured.map((line) =>
      row([
        titleOf(line),
        digits(line.cpuMsPerCall),
        ratio(line, proxy),
        targets[line.subject] ?? '',
        digits(line.callsPerSecond),
        digits(line.p50Ms),
        digits(line.p99Ms),
        digits(line.providerCallsPerCall),
        line.peakRssMb.toFixed(0),
      ]),
    ),
  ];
}

function firstTable(results: AiResults): string[] {
  const measured = of(results, 'first-token');
  if (measured.length === 0) return [];
  /** Anthropic's streams have four events up to the first text, OpenAI's two: each is held against its own. */
  const floorOf = ({ subject }: AiMeasured) =>
    find(results, 'first-token', subject.endsWith('-to-anthropic') ? 'proxy-messages' : 'proxy');
  const added = (line: AiMeasured): string => {
    const floor = line.subject.startsWith('proxy') ? undefined : floorOf(line);
    return floor === undefined ? '' : digits(line.firstP50Ms - floor.firstP50Ms);
  };
  const head = ['', 'first text p50 ms', 'p99 ms', 'added at p50', 'target'];
  return [
    row(head),
    row(head.map((_, index) => (index === 0 ? '---' : '--:'))),
    ...measured.map((line) =>
      row([
        titleOf(line),
        digits(line.firstP50Ms),
        digits(line.firstP99Ms),
        added(line),
        line.subject.startsWith('isthmus') ? '≤ 1 ms' : '',
      ]),
    ),
  ];
}

function chunksTable(results: AiResults, workload: WorkloadName): string[] {
  const measured = of(results, workload);
  if (measured.length === 0) return [];
  const head = ['', 'chunks per second of CPU', 'CPU µs/chunk', 'target', 'chunks/s passed', 'peak RSS MB'];
  return [
    row(head),
    row(head.map((_, index) => (index === 0 ? '---' : '--:'))),
    ...measured.map((line) =>
      row([
        titleOf(line),
        Math.round(chunksPerCpuSecond(line)).toLocaleString('en'),
        digits((line.cpuMsPerCall * 1000) / chunksPerStream),
        workload === 'stream-together' && line.subject.startsWith('isthmus') ? '≥ 50,000' : '',
        Math.round(line.callsPerSecond * chunksPerStream).toLocaleString('en'),
        line.peakRssMb.toFixed(0),
      ]),
    ),
  ];
}

export function chunksPerCpuSecond({ cpuMsPerCall }: AiMeasured): number {
  return (chunksPerStream / cpuMsPerCall) * 1000;
}

function of({ lines }: AiResults, workload: WorkloadName): AiMeasured[] {
  return lines.filter((line): line is AiMeasured => line.kind === 'measured' && line.workload === workload);
}

function find(results: AiResults, workload: WorkloadName, subject: SubjectName): AiMeasured | undefined {
  return of(results, workload).find((line) => line.subject === subject);
}

function ratio(line: AiMeasured, proxy: AiMeasured | undefined): string {
  return proxy === undefined ? '' : `${digits(line.cpuMsPerCall / proxy.cpuMsPerCall)}×`;
}

function titleOf({ subject, wrong }: AiMeasured): string {
  return subjectTitles[subject] + (wrong === undefined ? '' : ' (**wrong answer**)');
}
