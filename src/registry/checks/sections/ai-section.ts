/** What changes for AI fields: their prompts, models and prices, and the personal data that they read. */
import { hash } from 'node:crypto';
import { join, relative } from 'node:path';
import { formatUsd } from '../../../lib/index.ts';
import type { FieldPrice } from '../../../open-pricer.ts';
import type { SupergraphParts } from '../../../read-supergraph.ts';
import type { FindPlaces } from '../examine/definition-places.ts';
import type { Draft } from './draft.ts';

type Parts = Pick<SupergraphParts, 'prompts' | 'report' | 'sensitive'>;

export interface AiChange {
  readonly before: Parts;
  readonly after: Parts;
  readonly pricesBefore: readonly FieldPrice[];
  readonly pricesAfter: readonly FieldPrice[];
  readonly placesOf: FindPlaces;
}

export function aiDrafts(change: AiChange): readonly Draft[] {
  return [...promptDrafts(change), ...fieldDrafts(change), ...sensitiveDrafts(change)];
}

function promptDrafts({ before, after, pricesBefore, pricesAfter }: AiChange): readonly Draft[] {
  return [...new Set([...before.prompts.keys(), ...after.prompts.keys()])].flatMap((subgraph) => {
    const [old, now] = [before.prompts.get(subgraph), after.prompts.get(subgraph)];
    const files = new Set([...(old?.texts.keys() ?? []), ...(now?.texts.keys() ?? [])]);
    return [...files].sort().flatMap((file): Draft[] => {
      const [earlier, later] = [old?.texts.get(file), now?.texts.get(file)];
      if (earlier === later) return [];
      const what = earlier === undefined ? 'is new' : later === undefined ? 'is gone' : 'is written otherwise';
      const fields = fieldsUsing(file, subgraph, [...pricesBefore, ...pricesAfter]);
      const by = fields.length === 0 ? '' : `; it answers ${fields.join(', ')}`;
      const folder = now?.folder ?? old?.folder ?? '';
      const of = {
        code: 'PROMPT_CHANGED',
        identity: `${subgraph}/${file} ${hash('sha256', later ?? '', 'hex')}`,
        message: `${subgraph}: ${file} ${what}${by}`,
        places: [{ subgraph, file: relative(process.cwd(), join(folder, file)), line: 1 }],
      };
      // Whoever owns a field owns what answers it.
      if (fields.length === 0) return [{ ...of, severity: 'info', subject: file }];
      return fields.map((subject) => ({ ...of, severity: 'info', subject, isChange: true }));
    });
  });
}

function fieldsUsing(file: string, subgraph: string, prices: readonly FieldPrice[]): readonly string[] {
  const prompt = file.replace(/\.prompt$/, '');
  const using = prices.filter(
    (price) => price.subgraph === subgraph && price.versions.some((version) => version.prompt === prompt),
  );
  return [...new Set(using.map(({ coordinate }) => coordinate))];
}

function fieldDrafts({ pricesBefore, pricesAfter, placesOf }: AiChange): readonly Draft[] {
  return pricesAfter.flatMap((now): Draft[] => {
    const { coordinate } = now;
    const old = pricesBefore.find((price) => price.coordinate === coordinate && price.subgraph === now.subgraph);
    const of = { subject: coordinate, places: placesOf(coordinate), isChange: true };
    const drafts: Draft[] = [];
    const price = dearest(now);
    if (price === undefined) {
      const message = `${coordinate}: no price is known of ${modelsOf(now)}, so its calls are refused`;
      if (old === undefined || dearest(old) !== undefined)
        drafts.push({
          ...of,
          severity: 'warning',
          code: 'AI_PRICE_UNKNOWN',
          message,
          suggestedFix: 'add it to ai.prices',
        });
    }
    if (old === undefined) {
      const cost = price === undefined ? '' : `, at most $${formatUsd(price)} an item`;
      const message = `${coordinate} is answered by ${modelsOf(now)}${cost}`;
      return [...drafts, { ...of, severity: 'info', code: 'AI_FIELD_ADDED', message }];
    }
    if (modelsOf(old) !== modelsOf(now)) {
      const message = `${coordinate}: the model is ${modelsOf(now)} and was ${modelsOf(old)}`;
      drafts.push({ ...of, severity: 'warning', code: 'AI_MODEL_CHANGED', message });
    }
    const before = dearest(old);
    if (price !== undefined && before !== undefined && price !== before) {
      const message = `${coordinate}: at most $${formatUsd(before)} → $${formatUsd(price)} an item`;
      drafts.push({ ...of, severity: price > before ? 'warning' : 'info', code: 'AI_PRICE_CHANGED', message });
    }
    return drafts;
  });
}

function dearest({ versions }: FieldPrice): bigint | undefined {
  let most: bigint | undefined = 0n;
  for (const { nanoUsd } of versions)
    most = nanoUsd === undefined || most === undefined ? undefined : nanoUsd > most ? nanoUsd : most;
  return most;
}

function modelsOf({ versions }: FieldPrice): string {
  return [...new Set(versions.map(({ model }) => model))].join(', ');
}

function sensitiveDrafts({ before, after, placesOf }: AiChange): readonly Draft[] {
  const earlierLines = new Set(before.report);
  const read = after.report.filter((line) => !earlierLines.has(line));
  const unmarked = [...before.sensitive].filter(([coordinate]) => !after.sensitive.has(coordinate));
  return [
    ...read.map((line): Draft => {
      const coordinate = /: (\S+) reads/.exec(line)?.[1] ?? '';
      const of = { subject: coordinate, places: placesOf(coordinate), isChange: true };
      return { ...of, severity: 'warning', code: 'AI_SENSITIVE_INPUT', message: `newly read: ${line}` };
    }),
    ...unmarked.map(([coordinate, kind]): Draft => {
      const message = `${coordinate} (${kind}) is no longer @sensitive: prompts that read it send it to providers as it is`;
      return {
        severity: 'warning',
        code: 'SENSITIVE_REMOVED',
        subject: coordinate,
        message,
        places: placesOf(coordinate),
        isChange: true,
      };
    }),
  ];
}
