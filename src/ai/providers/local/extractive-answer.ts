import type { ModelAnswer, ModelRequest, OutputForm } from '../../model-call/index.ts';
import { itemAnswerSchemaIn, itemIdsOf } from '../../model-call/index.ts';
import { charactersPerToken, estimateUsage } from '../../tokens/index.ts';
import type { Written } from './extractive-summary.ts';
import { CannotDo, fillSchema, type Material, writeText } from './fill-schema.ts';
import { readSentences } from './read-text.ts';
import { maxCharacters, readRequestText, userTexts } from './request-text.ts';

/**
 * The model `extractive`: answers with sentences of the request, deterministically. It is extractive, not generative:
 * it never writes a sentence that was not in its input, except "The text does not say." and "There is nothing to
 * summarise yet.". It has no world knowledge and follows no instructions.
 *
 * Its input: the user messages; system and assistant messages are never part of an answer. `Question: …` as the first
 * or last line of the last user message is the question (in a message of its own, all of it); for text output, so is
 * the last sentence of a last message without list items that ends with `?`. Bullets, ratings (`(4/5)`), tags and short
 * labels (`Product: X`) are removed first.
 *
 * Its output, by the requested form:
 * - text, with a question: the sentence that answers it best, by shared words and, if there are none, by embedding;
 * - text, without one: up to three central sentences, with praise and criticism if both are frequent, in one language
 *   if it has two sentences or more: that of a label `Language: de`, or else that of most of the text;
 * - an enum with `positive` and `negative` among its labels: the text's sentiment (English, German, French, Spanish, a
 *   little Japanese), from a list of opinion words: irony and understatement are read as neutral or wrongly; any other
 *   enum: the label that the text contains, or else the nearest one by embedding;
 * - a boolean: whether praise outweighs criticism;
 * - a list of strings: up to five topics; praising or criticising sentences if its name is `pros`, `cons` or similar; a
 *   list of enum values: those that the text contains;
 * - a string: as text; an object: property by property;
 * - anything else (numbers, formats, lists of objects): `null` if the schema allows it, else the request is refused.
 *
 * Measured on one core, warm, for 20 reviews of three sentences (4 kB): summary 5 ms, answer 4 ms by words and 80 ms by
 * embedding; sentiment and topics of one review 0.2 ms each. The first call starts the worker and loads wink's model:
 * 0.2 s.
 *
 * A request for several separate items (`item-answers.ts`) is answered item by item, in that form.
 *
 * Usage is estimated at four characters per token. Throws {@link CannotDo} with the reason.
 */
export async function extractiveAnswer(request: ModelRequest): Promise<ModelAnswer> {
  const characters = userTexts(request).reduce((sum, text) => sum + text.length, 0);
  if (characters > maxCharacters)
    throw new CannotDo(`the extractive model reads ${maxCharacters} characters, not ${characters}`);
  const ids = itemIdsOf(request);
  const { text, isCut } = ids === undefined ? await writeAnswer(request) : await writeItems(request, ids);
  const maxOutputTokens = request.maxOutputTokens ?? defaultMaxOutputTokens;
  if (text.length > maxOutputTokens * charactersPerToken) {
    throw new CannotDo(`an answer of this form does not fit ${maxOutputTokens} tokens`);
  }
  return {
    content: [{ type: 'text', text }],
    finishReason: isCut ? 'length' : 'stop',
    usage: estimateUsage(request, text),
    respondedModel: 'extractive',
  };
}

async function writeAnswer(request: ModelRequest): Promise<Written> {
  const { output } = request;
  const material = readMaterial(request);
  if (output.kind === 'text') return writeText(material);
  return { text: JSON.stringify(await fillSchema(output.schema ?? {}, material, output.name)), isCut: false };
}

/**
 * Answers each item separately. An item that cannot be answered has no entry: it is requested alone, with its error.
 */
async function writeItems(request: ModelRequest, ids: readonly string[]): Promise<Written> {
  const { output, maxOutputTokens } = request;
  const schema = output.kind === 'json' ? itemAnswerSchemaIn(output.schema) : undefined;
  if (schema === undefined) throw new CannotDo('separate items are answered in the form of their list only');
  const isText = schema.type === 'string' && Object.keys(schema).length === 1;
  const shared = request.messages.filter((message) => message.role !== 'user' || message.item === undefined);
  const items: unknown[] = [];
  let reason: unknown;
  for (const [place, id] of ids.entries()) {
    const itemMessage = request.messages.find((message) => message.role === 'user' && message.item === id);
    // The first part contains the item's number and id.
    const message =
      itemMessage?.role === 'user' ? { role: itemMessage.role, content: itemMessage.content.slice(1) } : undefined;
    const alone: ModelRequest = {
      ...request,
      messages: message === undefined ? shared : [...shared, message],
      output: isText ? { kind: 'text' } : { kind: 'json', name: nameOfItem(output), schema },
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens: Math.floor(maxOutputTokens / ids.length) }),
    };
    try {
      const { text, isCut } = await writeAnswer(alone);
      if (!isCut) items.push({ index: place + 1, id, answer: isText ? text : JSON.parse(text) });
    } catch (error) {
      if (!(error instanceof CannotDo)) throw error;
      reason ??= error;
    }
  }
  if (items.length === 0 && reason !== undefined) throw reason;
  return { text: JSON.stringify({ items }), isCut: false };
}

function nameOfItem(output: OutputForm): string {
  return output.kind === 'json' ? output.name.replace(/_batch$/, '') : 'value';
}

/** The bound if the request has none. */
const defaultMaxOutputTokens = 1_000;

function readMaterial(request: ModelRequest): Material {
  const text = readRequestText(request);
  const { output, maxOutputTokens = defaultMaxOutputTokens } = request;
  const lines = [...text.lines];
  const facts = text.labels.filter(({ name }) => !/\b(?:product|name|title|item|model|language|locale)$/i.test(name));
  if (text.question !== undefined) {
    // A fact such as `Weight: 350 g` can answer a question.
    lines.push(...facts.map(({ name, value }) => `${name}: ${value}`));
  } else if (output.kind === 'json' || lines.length === 0) {
    // `Verdict: terrible` counts for the sentiment, but is used in a summary only if there is nothing else.
    lines.push(...facts.map(({ value }) => value));
  }
  // A review may itself be a question: for a sentiment, it is part of the text.
  if (output.kind === 'json' && lines.length === 0 && text.question !== undefined) lines.push(text.question);
  const overhead = output.kind === 'text' ? 0 : JSON.stringify(output.schema?.properties ?? {}).length / 4;
  const maxCharacters = Math.max(0, Math.floor(maxOutputTokens * charactersPerToken - overhead));
  return { text, sentences: lines.flatMap(readSentences), maxCharacters };
}
