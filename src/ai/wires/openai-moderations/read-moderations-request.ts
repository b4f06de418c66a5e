/** Reads requests of OpenAI's moderations endpoint (POST /v1/moderations): one text or several, without images. */
import {
  asFields,
  type Fields,
  InvalidField,
  knownFields,
  readString,
  readTextPart,
  sortFields,
} from '../shared/index.ts';

export interface ModerationsCall {
  /** The client's `model`; `undefined` if the request has none. */
  readonly model: string | undefined;
  readonly texts: readonly string[];
}

const requestFields = knownFields({
  form: ['model', 'input'],
  hint: ['user', 'metadata', 'safety_identifier'],
  refused: [],
});

/** Each text may take one model call. */
const maxTexts = 32;

/** The model names that OpenAI's clients send by default. */
const openAiModels = /^(?:omni|text)-moderation-[\w.-]+$/;

export function isOpenAiModerationModel(name: string): boolean {
  return openAiModels.test(name);
}

/** @throws InvalidField */
export function readModerationsRequest(body: Fields): ModerationsCall {
  const [unmapped] = sortFields(body, requestFields).unmapped;
  if (unmapped !== undefined) {
    throw new InvalidField(`\`${unmapped.slice(0, 64)}\` is not available here.`, unmapped, 'AI_REQUEST_UNSUPPORTED');
  }
  return { model: readString(body, 'model'), texts: readTexts(body.input) };
}

function readTexts(input: unknown): readonly string[] {
  const inputs: unknown = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > maxTexts) {
    throw new InvalidField(`\`input\` must be a string, or an array of 1 to ${maxTexts} of them.`, 'input');
  }
  if (inputs.every((input) => typeof input === 'string')) return inputs;
  // Parts are moderated together, as one input.
  const texts = inputs.map((input, index) => {
    const at = `input[${index}]`;
    const part = asFields(input, at);
    if (part.type !== 'image_url') return readTextPart(part, at);
    throw new InvalidField('Images are not judged here.', at, 'AI_REQUEST_UNSUPPORTED');
  });
  return [texts.join('\n')];
}
