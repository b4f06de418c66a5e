import { contentStems } from './extractive-summary.ts';
import { readSentences, type Sentence } from './read-text.ts';
import { cosine, embedTexts } from './sentence-embedder.ts';
import { type Sentiment, sentimentOf } from './sentiment.ts';

const sentiments: readonly Sentiment[] = ['positive', 'negative', 'neutral', 'mixed'];

/** Whether all labels are sentiments, in any case of letters, and are distinct. */
export function isSentimentQuestion(labels: readonly string[]): boolean {
  const lower = labels.map((label) => label.toLowerCase());
  return lower.includes('positive') && lower.includes('negative') && lower.every((label) => isSentiment(label));
}

/**
 * The label of a text's sentiment. Without a label for mixed texts the stronger side wins; `undefined` if none fits.
 */
export function sentimentLabel(labels: readonly string[], sentences: readonly Sentence[]): string | undefined {
  const { sentiment, praise, criticism } = sentimentOf(sentences);
  const labelled = (sentiment: Sentiment) => labels.find((label) => label.toLowerCase() === sentiment);
  const side = praise === criticism ? 'neutral' : praise > criticism ? 'positive' : 'negative';
  return labelled(sentiment) ?? labelled(sentiment === 'neutral' ? 'neutral' : side);
}

/** The labels that the text contains, most frequent first; ties in the order of the list. */
export function labelsNamed(labels: readonly string[], sentences: readonly Sentence[]): string[] {
  const stemSets = sentences.map((sentence) => new Set(sentence.words.map(({ stem }) => stem)));
  return labels
    .map((label) => {
      const stems = readSentences(wordsOfLabel(label)).flatMap((sentence) => [...contentStems(sentence)]);
      const count = stemSets.filter((held) => stems.length > 0 && stems.every((stem) => held.has(stem))).length;
      return { label, count };
    })
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ label }) => label);
}

/** The label nearest to the text by embedding. */
export async function nearestLabel(labels: readonly string[], text: string): Promise<string | undefined> {
  const [textVector, ...vectors] = await embedTexts([text.slice(0, 2_000), ...labels.map(wordsOfLabel)]);
  let best: string | undefined;
  let bestCosine = Number.NEGATIVE_INFINITY;
  for (const [index, vector] of vectors.entries()) {
    const near = textVector === undefined ? 0 : cosine(textVector, vector);
    if (near > bestCosine) [best, bestCosine] = [labels[index], near];
  }
  return best;
}

function isSentiment(label: string): boolean {
  return (sentiments as readonly string[]).includes(label);
}

/** `BATTERY_LIFE` is compared as "battery life". */
function wordsOfLabel(label: string): string {
  return label
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .toLowerCase();
}
