/**
 * Facts about AI SDK packages that they do not declare: how their provider counts tokens, and which settings they omit
 * without a warning. A package that is not listed is `other`: only the common features are used, and all others are
 * refused by name.
 *
 * Features that a package reports as unsupported (its warnings) are not listed here; see check-warnings.ts.
 */
export type AiSdkDialect = 'gemini' | 'bedrock' | 'cohere' | 'mistral' | 'other';

export interface AiSdkPackageFacts {
  readonly dialect: AiSdkDialect;
  /** The key of the package's own options and of its opaque data. */
  readonly namespace: string;
  /** Whether its provider has a JSON mode without a schema; otherwise the system message requests JSON. */
  readonly schemalessJson: boolean;
  /** Whether images and files are supported in tool results; otherwise they would be sent as base64 text. */
  readonly mediaInToolResults: boolean;
  /** Whether system messages are supported in the middle of a conversation. */
  readonly systemAnywhere: boolean;
  /** Whether a tool's `strict` is sent. */
  readonly strictTools: boolean;
  /** The option of an image part that sets its detail. */
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
