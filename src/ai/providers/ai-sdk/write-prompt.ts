/**
 * Converts a conversation to the AI SDK's form (LanguageModelV4Prompt). Fetches nothing: a URL is passed on if the
 * model's provider fetches it itself, and refused if the package would fetch it.
 *
 * Reasoning of another provider's model is omitted for providers that accept only their own, as it does not affect the
 * request; everything else is mapped or refused by name.
 */
import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { unreachable } from '../../../lib/index.ts';
import type { Adaptation } from '../../fitting/index.ts';
import {
  type FilePart,
  type ImagePart,
  type MediaSource,
  type Message,
  ProviderFailure,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
} from '../../model-call/index.ts';
import { withMark } from './cache-mark-options.ts';
import { opaqueTexts } from './opaque-options.ts';
import type { AiSdkPackageFacts } from './package-dialect.ts';

/** Media types, with the URL patterns that the provider fetches itself. */
export type SupportedUrls = Readonly<Record<string, readonly RegExp[]>>;

type Assistant = Extract<Message, { role: 'assistant' }>;
type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

export function aiSdkPrompt(
  messages: readonly Message[],
  facts: AiSdkPackageFacts,
  supportedUrls: SupportedUrls,
  adaptation: Adaptation,
): LanguageModelV4Prompt {
  const toolNames = new Map<string, string>();
  const prompt: LanguageModelV4Prompt = [];
  for (const message of messages) prompt.push(messageOf(message));
  return prompt;

  function messageOf(message: Message): LanguageModelV4Message {
    switch (message.role) {
      case 'system':
        return withMark<LanguageModelV4Message>({ role: 'system', content: message.content }, message.cache, facts);
      case 'user':
        return {
          role: 'user',
          content: message.content.map((part) =>
            withMark(part.type === 'text' ? textPart(part) : mediaPart(part), part.cache, facts),
          ),
        };
      case 'assistant':
        return { role: 'assistant', content: message.content.flatMap(assistantPart) };
      case 'tool':
        return { role: 'tool', content: message.content.map(toolResult) };
      default:
        return unreachable(message);
    }
  }

  function assistantPart(part: Assistant['content'][number]): readonly AssistantPart[] {
    switch (part.type) {
      case 'text':
        return [withMark(textPart(part), part.cache, facts)];
      case 'reasoning': {
        const providerOptions = opaqueTexts(part.opaque);
        const isOwn = facts.dialect === 'other' || Object.hasOwn(providerOptions, facts.namespace);
        if (!isOwn && facts.dialect !== 'mistral') return [];
        return [{ type: 'reasoning', text: part.text, providerOptions }];
      }
      case 'tool_call':
        toolNames.set(part.id, part.name);
        return [
          withMark(
            {
              type: 'tool-call',
              toolCallId: part.id,
              toolName: part.name,
              input: argumentsOf(part),
              providerOptions: opaqueTexts(part.opaque),
            },
            part.cache,
            facts,
          ),
        ];
      default:
        return unreachable(part);
    }
  }

  function toolResult(part: ToolResultPart): LanguageModelV4ToolResultPart {
    const toolName = part.name ?? toolNames.get(part.callId);
    if (toolName === undefined) throw invalid(`the tool result "${part.callId}" answers no tool call`);
    const result = { type: 'tool-result' as const, toolCallId: part.callId, toolName, output: toolOutput(part) };
    return withMark<LanguageModelV4ToolResultPart>(result, part.cache, facts);
  }

  function toolOutput({ content, isError = false }: ToolResultPart): LanguageModelV4ToolResultOutput {
    if (content.every((part): part is TextPart => part.type === 'text')) {
      const [only] = content;
      const value = content.length === 1 && only !== undefined ? only.text : content.map(({ text }) => text).join('\n');
      return { type: isError ? 'error-text' : 'text', value };
    }
    if (!facts.mediaInToolResults) throw unsupported('images and files in tool results');
    if (isError) throw unsupported('images and files in a tool result that is an error');
    return {
      type: 'content',
      value: content.map((part) => {
        if (part.type === 'text') return { type: 'text' as const, text: part.text };
        const { filename, data, mediaType } = mediaPart(part);
        return { type: 'file' as const, data, mediaType, ...(filename === undefined ? {} : { filename }) };
      }),
    };
  }

  function mediaPart(part: ImagePart | FilePart): LanguageModelV4FilePart {
    const { mediaType, data } = mediaOf(part.source, part.mediaType ?? 'image/*');
    if (part.type === 'image') {
      return { type: 'file', mediaType, data, ...imageDetail(part.detail) };
    }
    const filename = part.name === undefined ? {} : { filename: part.name };
    // Cohere accepts documents as text; the package would send the base64 itself.
    if (facts.dialect === 'cohere' && data.type === 'data') {
      if (!/^text\/|^application\/json$/.test(mediaType)) throw unsupported(`files of type ${mediaType}`);
      const text = Buffer.from(String(data.data), 'base64').toString('utf8');
      return { type: 'file', mediaType, data: { type: 'text', text }, ...filename };
    }
    return { type: 'file', mediaType, data, ...filename };
  }

  function mediaOf(source: MediaSource, mediaType: string): Pick<LanguageModelV4FilePart, 'data' | 'mediaType'> {
    if (source.kind === 'base64') return { mediaType, data: { type: 'data', data: source.data } };
    const inline = /^data:([^;,]+);base64,/.exec(source.url.slice(0, 200));
    if (inline !== null) {
      return { mediaType: inline[1] ?? mediaType, data: { type: 'data', data: source.url.slice(inline[0].length) } };
    }
    if (!URL.canParse(source.url)) throw invalid(`a URL of type ${mediaType} cannot be read`);
    if (!isSupported(source.url, mediaType)) {
      throw unsupported(`${mediaType} by URL (this model's provider does not fetch it, and Isthmus never does)`);
    }
    return { mediaType, data: { type: 'url', url: new URL(source.url) } };
  }

  function isSupported(url: string, mediaType: string): boolean {
    for (const [pattern, urls] of Object.entries(supportedUrls)) {
      const covers = pattern === '*' || pattern === '*/*' || covered(pattern.toLowerCase(), mediaType.toLowerCase());
      if (covers && urls.some((expression) => expression.test(url))) return true;
    }
    return false;
  }

  function imageDetail(detail: ImagePart['detail']): { readonly providerOptions?: SharedV4ProviderOptions } {
    if (detail === undefined) return {};
    if (facts.imageDetail) return { providerOptions: { [facts.namespace]: { detail } } };
    if (detail !== 'auto') adaptation.omit('detail', 'the detail of images');
    return {};
  }
}

/** Whether a pattern such as `image/*` covers the type; an unknown subtype is only covered by such a pattern. */
function covered(pattern: string, mediaType: string): boolean {
  if (!pattern.endsWith('/*')) return pattern === mediaType;
  return mediaType.startsWith(pattern.slice(0, -1));
}

function textPart({ text }: TextPart): LanguageModelV4TextPart {
  return { type: 'text', text };
}

function argumentsOf(call: ToolCallPart): unknown {
  if (call.arguments.trim() === '') return {};
  try {
    return JSON.parse(call.arguments);
  } catch {
    throw invalid(`the arguments of the tool call "${call.id}" are no JSON`);
  }
}

function unsupported(what: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail: what });
}

function invalid(detail: string): ProviderFailure {
  return new ProviderFailure({ kind: 'invalid_request', detail });
}
