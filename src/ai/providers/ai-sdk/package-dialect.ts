/**
 * What is known of single AI SDK packages beyond what they say of themselves: how their provider counts tokens, and what
 * they leave out of a request without a word. A package that is not listed is `other`: only what every package promises
 * is used of it, and the rest is refused by name.
 *
 * What a package says it cannot do (its warnings) is not listed here; see check-warnings.ts.
 */
export type AiSdkDialect = 'gemini' | 'bedrock' | 'cohere' | 'mistral' | 'other';

export interface AiSdkPackageFacts {
  readonly dialect: AiSdkDialect;
  /** Under which name the package looks for its own options, and gives what it wants back. */
  readonly namespace: string;
  /** Whether its provider has a mode for JSON without a schema; where not, the words of the system ask for it. */
  readonly schemalessJson: boolean;
  /** Whether images and files reach the provider in a tool's result; where not, they would go as a wall of base64. */
  readonly mediaInToolResults: boolean;
  /** Whether system messages are taken in the middle of a conversation. */
  readonly systemAnywhere: boolean;
  /** Whether a tool's `strict` is sent. */
  readonly strictTools: boolean;
  /** How images are asked for in detail: option of the image's part. */
  readonly imageDetail: boolean;
}

const others = {
  schemalessJson: true,
  mediaInToolResults: true,
  systemAnywhere: true,
  strictTools: true,
  imageDetail: false,
} as const;
const gemini = { ...others, dialect: 'gemini', systemAnywhere: false } as const;

const packages: ReadonlyMap<string, AiSdkPackageFacts> = new Map<string, AiSdkPackageFacts>([
  ['@ai-sdk/google', { ...gemini, namespace: 'google' }],
  ['@ai-sdk/google-vertex', { ...gemini, namespace: 'googleVertex' }],
  [
    '@ai-sdk/amazon-bedrock',
    { ...others, dialect: 'bedrock', namespace: 'amazonBedrock', schemalessJson: false, systemAnywhere: false },
  ],
  [
    '@ai-sdk/cohere',
    {
      ...others,
      dialect: 'cohere',
      namespace: 'cohere',
      mediaInToolResults: false,
      strictTools: false,
      imageDetail: true,
    },
  ],
  ['@ai-sdk/mistral', { ...others, dialect: 'mistral', namespace: 'mistral', mediaInToolResults: false }],
]);

export function factsOf(packageName: string): AiSdkPackageFacts {
  return packages.get(packageName) ?? { ...others, dialect: 'other', namespace: '' };
}
