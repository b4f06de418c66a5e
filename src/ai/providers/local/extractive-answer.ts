import type { ModelAnswer, ModelRequest, OutputForm } from '../../model-call/index.ts';
import { itemAnswerSchemaIn, itemIdsOf } from '../../model-call/index.ts';
import { charactersPerToken, estimateUsage } from '../../tokens/index.ts';
import type { Written } from './extractive-summary.ts';
import { CannotDo, fillSchema, type Material, writeText } from './fill-schema.ts';
import { readSentences } from './read-text.ts';
import { maxCharacters, readRequestText, userTexts } from './request-text.ts';

/**
 * The model `extractive`: answers from the words of the request alone, the same request always the same way. It is
 * extractive, not generative: it never writes a sentence that was not in its input, but for "The text does not say."
 * and "There is nothing to summarise yet.". It knows nothing of the world and follows no instruction.
 *
 * What it reads: the user messages; system and assistant messages are never part of an answer. `Question: …` as the first
 * or last line of the last user message is the question (in a message of its own, all of it is); where text is asked for,
 * so is the last sentence of a last message without list items that ends with `?`. Bullets, ratings (`(4/5)`), tags and
 * short labels (`Product: X`) are taken off first.
 *
 * What it gives, by the output asked for:
 * - text, with a question: the sentence that answers it best, by shared words and, where there are none, by meaning;
 * - text, without one: up to three central sentences, praise and criticism both where both weigh, in one language where
 *   it has two sentences or more: the one a label `Language: de` names, or else the one of most of the text;
 * - an enum with `positive` and `negative` among its labels: the text's sentiment (English, German, French, Spanish, a
 *   little Japanese), by the opinion words it knows: irony and understatement come out neutral or wrong;
 *   any other enum: the label the text names, or else the one nearest in meaning;
 * - a boolean: whether praise outweighs criticism;
 * - a list of strings: up to five topics; praising or criticising sentences where its name asks for them (`pros`,
 *   `cons`); a list of enum values: those the text names;
 * - a string: as text; an object: property by property;
 * - anything else (numbers, formats, lists of objects): `null` where the schema allows it, or else it refuses.
 *
 * Measured on one core, warm, for 20 reviews of three sentences (4 kB): summary 5 ms, answer 4 ms by words and 80 ms
 * by meaning; sentiment and topics of one review 0.2 ms each. The first call starts the worker and reads wink's model: 0.2 s.
 *
 * A request for several separate items (`item-answers.ts`) is answered item by item, in that form.
 *
 * Usage is estimated at four characters a token. Throws {@link CannotDo} with the reason.
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

/** Each item as if it were alone. One that cannot be answered has no entry: it is asked for alone, and told why. */
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
    // The first part is the item's number and id.
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

/** The bound where the request names none. */
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
    // `Verdict: terrible` counts for a judgement, but makes no sentence of a summary unless there is nothing else.
    lines.push(...facts.map(({ value }) => value));
  }
  // A review may be a question itself: where a judgement is asked for, it is what is judged.
  if (output.kind === 'json' && lines.length === 0 && text.question !== undefined) lines.push(text.question);
  const overhead = output.kind === 'text' ? 0 : JSON.stringify(output.schema?.properties ?? {}).length / 4;
  const maxCharacters = Math.max(0, Math.floor(maxOutputTokens * charactersPerToken - overhead));
  return { text, sentences: lines.flatMap(readSentences), maxCharacters };
}
