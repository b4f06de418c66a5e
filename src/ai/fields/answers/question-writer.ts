/**
 * Makes the question of one AI field for an entity: its inputs, masked; the prompt's version; the key it is cached by.
 * Everything that is equal for all entities is computed once per field.
 */
import { hash } from 'node:crypto';
import { type GraphQLObjectType, type GraphQLSchema, isNonNullType } from 'graphql';
import type { AiFieldsConfig } from '../../../config/index.ts';
import { canonicalJson, invariant } from '../../../lib/index.ts';
import type { ReaderView, RequestContext } from '../../../transport/index.ts';
import { noPlaceholders } from '../../guardrails/index.ts';
import type { ModelClient } from '../../models/index.ts';
import type { AiField } from '../ai-field.ts';
import { fieldNames, keysOf } from '../checks/federation-directives.ts';
import type { SubgraphCode } from '../code/field-code.ts';
import type { FieldOutput } from '../output/field-output.ts';
import type { Prompt } from '../prompts/prompt.ts';
import type { PromptChoice } from '../prompts/prompt-folder.ts';
import type { FieldQuestion, InputBound } from './field-question.ts';
import { inputBoundOf } from './input-bound.ts';
import { compileProjection, ownLeaf, type Projection } from './projection.ts';
import { compileReaderForms } from './reader-forms.ts';
import type { RestorableTexts } from './restorable-texts.ts';
import { compileMask, type Inputs, type SensitiveFields } from './sensitive.ts';
import { stickyKeyOf, WrittenQuestion } from './written-question.ts';

export interface QuestionWriterOptions {
  readonly schema: GraphQLSchema;
  readonly field: AiField;
  readonly parent: GraphQLObjectType;
  readonly choice: PromptChoice;
  readonly models: ModelClient;
  readonly sensitive: SensitiveFields;
  /** Of the tags of placeholders. */
  readonly placeholderKey: Uint8Array;
  readonly code: SubgraphCode | undefined;
  readonly config: Pick<AiFieldsConfig, 'maxInputTokens' | 'longInput' | 'maxChunks'>;
}

/**
 * The inputs of a field from one entity; each part is computed on first use, since a cached answer only needs the key.
 */
export interface FieldInputs {
  /** Its key fields and the fields of `@requires`, personal data masked. */
  readonly entity: Inputs;
  /** The fields of `@requires`, masked. */
  readonly masked: Inputs;
  /** The source of the cache key: a hash of the fields of `@requires`, unmasked, and the last key computed from it. */
  readonly keyed: KeyedInputs;
  /** Masks the same personal data in arguments and in the inputs from custom code. */
  readonly hide: ((values: Inputs) => Inputs) | undefined;
  /** The entity's identity; `undefined`: it has none. */
  readonly identity: string | undefined;
  /** What its placeholders stand for; `undefined`: it has none. */
  readonly texts: (() => RestorableTexts) | undefined;
}

/** Cached by the entity's object, which is the same for every request of the same representation. */
interface KeyedInputs {
  readonly digest: string;
  last: { readonly keyHead: string; readonly request: string; readonly key: string } | undefined;
}

export interface QuestionWriter {
  /**
   * @param reader who the answer is for: masked fields are read in their form. @default whole
   * @returns undefined if a non-null input is missing: it failed elsewhere, with its own error
   */
  read(entity: Inputs, reader?: ReaderView): FieldInputs | undefined;
  /** @param supplied additional variables, from the field's custom code */
  write(
    inputs: FieldInputs,
    args: Inputs,
    supplied: Inputs,
    output: FieldOutput,
    context: RequestContext,
  ): FieldQuestion;
}

export function questionWriter(options: QuestionWriterOptions): QuestionWriter {
  const { schema, field, parent, choice, models, sensitive, placeholderKey, code, config } = options;
  const coordinate = `${field.typeName}.${field.fieldName}`;
  const mandatory = field.requires.filter((name) => isNonNullType(parent.getFields()[name]?.type));
  const mask = compileMask(schema, parent, field.requiresSelection, sensitive, placeholderKey);
  const formsOf = compileReaderForms(schema, parent, field.requiresSelection);
  const targetsOf = new Map(models.list().map(({ alias, targets }) => [alias, targets]));
  const variants = new Map<Prompt, { alias: string; maxOutputTokens: number; input: InputBound; keyHead: string }>();
  for (const { prompt } of choice.versions) {
    const alias = field.model ?? prompt.model;
    const maxOutputTokens = field.maxOutputTokens ?? prompt.settings.maxOutputTokens;
    invariant(alias !== undefined && maxOutputTokens !== undefined, `${coordinate} has been checked`);
    const input = inputBoundOf(field, prompt, config, maxOutputTokens);
    const keyHead = JSON.stringify([
      coordinate,
      prompt.name,
      prompt.hash,
      alias,
      targetsOf.get(alias) ?? [],
      maxOutputTokens,
      // A rejected input has no answer to be cached.
      input.longInput === 'reject' ? '' : input,
      code?.fields.has(coordinate) === true ? code.hash : '',
    ]);
    variants.set(prompt, { alias, maxOutputTokens, input, keyHead });
  }
  const sensitiveKeys = Object.keys(parent.getFields()).flatMap((name) => {
    const kind = sensitive.get(`${field.typeName}.${name}`);
    return kind === undefined || field.requires.includes(name) ? [] : [{ name, placeholder: `[${kind}]` }];
  });
  /** An entity's key may be personal data itself; the field's code does not read it. */
  const withoutSensitiveKeys = (entity: Inputs): Inputs => {
    if (sensitiveKeys.length === 0) return entity;
    const copy: Record<string, unknown> = { ...entity };
    for (const { name, placeholder } of sensitiveKeys) if (name in copy) copy[name] = placeholder;
    return copy;
  };
  const projection = compileProjection(field.requiresSelection);
  const keyedInputs = new WeakMap<Inputs, KeyedInputs>();
  const keys = keysOf(parent).map(fieldNames);
  const single = choice.versions.length === 1 ? choice.versions[0]?.prompt : undefined;

  return {
    read(whole, reader) {
      const entity = formsOf(reader)?.(whole) ?? whole;
      for (const name of mandatory) if (entity[name] === null || entity[name] === undefined) return undefined;
      return new EntityInputs({ entity, projection, mask, keys, hideKeys: withoutSensitiveKeys, keyedInputs });
    },
    write(inputs, args, supplied, output, { principal, account, requestId }) {
      const argsText = canonicalJson(args);
      const prompt = single ?? choice.pick(stickyKeyOf(coordinate, inputs, argsText));
      const variant = variants.get(prompt);
      invariant(variant !== undefined, 'a picked version is one of the choice');
      const { alias, maxOutputTokens, input, keyHead } = variant;
      // Private inputs are masked; their answers are not shared between callers either, unless access control permits
      // it.
      const reader = mask === undefined ? principal.tenant : `${principal.tenant} ${principal.id}`;
      const request = `${output.hash}\n${reader}\n${argsText}\n${canonicalJson(supplied)}`;
      return new WrittenQuestion({
        coordinate,
        key: keyOf(keyHead, request, inputs.keyed),
        prompt,
        alias,
        output,
        maxOutputTokens,
        input,
        cacheTtlSeconds: field.cacheTtlSeconds,
        inputs,
        args,
        argsText,
        supplied,
        caller: { id: principal.id, tenant: principal.tenant },
        account,
        requestId,
      });
    },
  };
}

function keyOf(keyHead: string, request: string, keyed: KeyedInputs): string {
  if (keyed.last?.keyHead === keyHead && keyed.last.request === request) return keyed.last.key;
  const key = `field:${hash('sha256', `${keyHead}\n${request}\n${keyed.digest}`)}`;
  keyed.last = { keyHead, request, key };
  return key;
}

type Mask = NonNullable<ReturnType<typeof compileMask>>;

interface EntityInputsOptions {
  readonly entity: Inputs;
  readonly projection: Projection;
  readonly mask: Mask | undefined;
  readonly keys: readonly (readonly string[])[];
  readonly hideKeys: (entity: Inputs) => Inputs;
  readonly keyedInputs: WeakMap<Inputs, KeyedInputs>;
}

class EntityInputs implements FieldInputs {
  readonly #entity: Inputs;
  readonly #projection: Projection;
  readonly #mask: Mask | undefined;
  readonly #keys: readonly (readonly string[])[];
  readonly #hideKeys: (entity: Inputs) => Inputs;
  readonly #keyedInputs: WeakMap<Inputs, KeyedInputs>;
  #read: ReturnType<Mask> | undefined;

  constructor({ entity, projection, mask, keys, hideKeys, keyedInputs }: EntityInputsOptions) {
    this.#entity = entity;
    this.#projection = projection;
    this.#mask = mask;
    this.#keys = keys;
    this.#hideKeys = hideKeys;
    this.#keyedInputs = keyedInputs;
  }

  get keyed(): KeyedInputs {
    let keyed = this.#keyedInputs.get(this.#entity);
    if (keyed === undefined) {
      keyed = { digest: hash('sha256', this.#projection.textOf(this.#entity)), last: undefined };
      this.#keyedInputs.set(this.#entity, keyed);
    }
    return keyed;
  }

  get masked(): Inputs {
    return this.#masked().masked;
  }

  get hide(): ((values: Inputs) => Inputs) | undefined {
    return this.#mask === undefined ? undefined : this.#masked().hide;
  }

  get texts(): (() => RestorableTexts) | undefined {
    return this.#mask === undefined ? undefined : () => this.#masked().texts;
  }

  get entity(): Inputs {
    const keyFields: Record<string, unknown> = {};
    for (const name of this.#key()) keyFields[name] = ownLeaf(this.#entity[name]);
    return { ...this.#hideKeys(keyFields), ...this.masked };
  }

  get identity(): string | undefined {
    const names = this.#key();
    if (names.length === 0) return undefined;
    return `${this.#entity.__typename} ${canonicalJson(names.map((name) => this.#entity[name]))}`;
  }

  /** The first of its keys that the entity came by. */
  #key(): readonly string[] {
    return this.#keys.find((names) => names.every((name) => this.#entity[name] !== undefined)) ?? [];
  }

  #masked(): ReturnType<Mask> {
    if (this.#read === undefined) {
      const inputs = this.#projection.of(this.#entity);
      this.#read = this.#mask === undefined ? unmasked(inputs) : this.#mask(inputs);
    }
    return this.#read;
  }
}

function unmasked(inputs: Inputs): ReturnType<Mask> {
  return {
    masked: inputs,
    hide: (values) => values,
    texts: { placeholders: noPlaceholders, isReadable: () => false },
  };
}
