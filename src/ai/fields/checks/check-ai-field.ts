/** The checks of one AI field: its prompt in every version, its inputs, its bound, its model and its type. */
import { relative } from 'node:path';
import { type GraphQLSchema, isObjectType, Kind } from 'graphql';
import { type AiFieldsConfig, longInputs } from '../../../config/index.ts';
import { didYouMean, nearestName } from '../../../lib/index.ts';
import type { CompositionProblem, SubgraphSource } from '../../../supergraph/index.ts';
import type { AiField } from '../ai-field.ts';
import { inputBoundOf, leastChunkedTokens } from '../answers/input-bound.ts';
import type { SensitiveFields } from '../answers/sensitive.ts';
import type { SubgraphCode } from '../code/field-code.ts';
import { emptyPathReason } from '../output/empty-paths.ts';
import { unsupportedOutput } from '../output/field-output.ts';
import { type Prompt, PromptError } from '../prompts/prompt.ts';
import type { PromptFolder } from '../prompts/prompt-folder.ts';

/** The questions about the configured models that the checks need answered. */
export interface ModelChecks {
  /** The configured aliases. */
  readonly aliases: readonly string[];
  /** How long inputs may be. */
  readonly fields: Pick<AiFieldsConfig, 'maxInputTokens' | 'longInput' | 'maxChunks'>;
  /** The references of the alias's targets that have no price and are not declared free. */
  unpriced(alias: string): readonly string[];
  /** @returns why none of the alias's targets supports this output form; undefined if at least one does */
  cannot(alias: string, needs: 'json' | 'text'): string | undefined;
}

export interface AiSubgraphCheck {
  readonly source: SubgraphSource;
  readonly prompts: PromptFolder;
  readonly models: ModelChecks;
  /** The `@sensitive` fields of the whole supergraph. */
  readonly sensitive: SensitiveFields;
  readonly code: SubgraphCode | undefined;
}

/**
 * @param entities the types of the subgraph that have a @key
 * @param schema undefined if it cannot be built; composition reports that
 */
export function checkAiField(
  field: AiField,
  check: AiSubgraphCheck,
  entities: ReadonlySet<string>,
  schema: GraphQLSchema | undefined,
): readonly CompositionProblem[] {
  return new FieldCheck(field, check).run(entities, schema);
}

class FieldCheck {
  readonly #field: AiField;
  readonly #check: AiSubgraphCheck;
  readonly #problems: CompositionProblem[] = [];

  constructor(field: AiField, check: AiSubgraphCheck) {
    this.#field = field;
    this.#check = check;
  }

  run(entities: ReadonlySet<string>, schema: GraphQLSchema | undefined): readonly CompositionProblem[] {
    const { typeName, fieldName, prompt, requires, maxOutputTokens, cacheTtlSeconds } = this.#field;
    if (this.#field.isExternal) {
      const suggestedFix = 'take @external off, or leave the field to the subgraph that has it';
      this.#problem('AI_FIELD_INVALID', 'it is @external, so another subgraph answers it', suggestedFix);
    }
    for (const name of requires) {
      if (!this.#field.arguments.includes(name)) continue;
      const suggestedFix = `call the argument something else than "${name}"`;
      this.#problem(
        'AI_FIELD_INVALID',
        `"${name}" is an argument and a @requires field: the prompt cannot tell them apart`,
        suggestedFix,
      );
    }
    if (typeName === 'Mutation' || typeName === 'Subscription') {
      const suggestedFix = 'move it to Query or to a type';
      this.#problem('AI_FIELD_INVALID', `a model only answers, and ${typeName} does more`, suggestedFix);
    }
    if (requires.length > 0 && !entities.has(typeName)) {
      const suggestedFix = `give ${typeName} a @key, or take what the prompt needs from arguments`;
      this.#problem('AI_FIELD_INVALID', `@requires works on entities only, and ${typeName} is none`, suggestedFix);
    }
    if (maxOutputTokens !== undefined && maxOutputTokens < 1) {
      this.#problem('AI_OUTPUT_UNBOUNDED', 'maxOutputTokens must be at least 1', 'write a bound of at least 1');
    }
    this.#input();
    if (cacheTtlSeconds !== undefined && cacheTtlSeconds < 0) {
      const suggestedFix = 'write seconds from 0 (never kept), or leave it out: kept until an input changes';
      this.#problem('AI_FIELD_INVALID', 'cacheTtl must not be negative', suggestedFix);
    }
    const choice = this.#check.prompts.find(prompt);
    if (prompt === '') {
      const suggestedFix = `write @generate(prompt: "…"), the name of a file in ${this.#path('')}`;
      this.#problem('AI_PROMPT_INVALID', 'no prompt is named', suggestedFix);
    } else if (choice instanceof PromptError) this.#invalidPrompt(choice);
    else for (const version of choice.versions) this.#version(version.prompt, schema);

    const parent = schema?.getType(typeName);
    const type = isObjectType(parent) ? parent.getFields()[fieldName]?.type : undefined;
    const reason = schema === undefined || type === undefined ? undefined : unsupportedOutput(schema, type);
    if (reason !== undefined) {
      this.#problem('AI_TYPE_UNSUPPORTED', `no model can be asked for its type: ${reason}`, 'change the field’s type');
    }
    return this.#problems;
  }

  #input(): void {
    const { maxInputTokens, longInput } = this.#field;
    if (maxInputTokens !== undefined && maxInputTokens < 1)
      this.#problem('AI_FIELD_INVALID', 'maxInputTokens must be at least 1', 'write a bound of at least 1');
    if (longInput !== undefined && !(longInputs as readonly string[]).includes(longInput)) {
      const suggestedFix = `write one of ${longInputs.map((name) => `"${name}"`).join(', ')}`;
      this.#problem('AI_FIELD_INVALID', `input: "${longInput}" is nothing that becomes of a long input`, suggestedFix);
    }
  }

  #invalidPrompt(error: PromptError): void {
    const file = this.#path(error.file ?? `${this.#field.prompt.replace(/#.*$/, '')}.prompt`);
    const place = error.line === undefined ? '' : ` (${file}:${error.line})`;
    this.#problem(
      'AI_PROMPT_INVALID',
      `prompt "${this.#field.prompt}": ${error.message}${place}`,
      error.suggestedFix ?? this.#promptFix(file),
    );
  }

  #promptFix(file: string): string {
    const { prompts, source } = this.#check;
    // An error of the folder itself is listed under the folder's path: the configured path is wrong, or it does not exist.
    if (prompts.errors.has(prompts.folder))
      return `correct subgraphs.${source.name}.prompts in supergraph.yaml, or make the folder ${this.#path('')}`;
    const [name = ''] = this.#field.prompt.split('#');
    const near = prompts.errors.has(`${name}.prompt`)
      ? undefined
      : nearestName(
          name,
          prompts.list().map((prompt) => prompt.name),
        );
    return near === undefined ? `write or correct ${file}` : `did you mean "${near}"? Otherwise write ${file}`;
  }

  #version(prompt: Prompt, schema: GraphQLSchema | undefined): void {
    const field = this.#field;
    const supplied = suppliedTo(field, prompt, this.#check.code);
    for (const [variable, line] of prompt.variables) {
      if (supplied.has(variable)) continue;
      this.#problem(
        'AI_VARIABLE_UNKNOWN',
        `prompt "${prompt.name}" reads {{${variable}}}, which is no argument and no @requires field (${this.#path(`${prompt.name}.prompt`)}:${line})`,
        `${meantVariable(variable, supplied)}add "${variable}" to @requires(fields:) or to the arguments, or take it out of the prompt`,
      );
    }
    const byCode = this.#check.code?.fields.get(`${field.typeName}.${field.fieldName}`)?.variables ?? [];
    for (const path of prompt.paths) {
      if (schema === undefined || byCode.some((name) => name === path.steps[0])) continue;
      const reason = emptyPathReason(schema, field, path);
      if (reason === undefined) continue;
      this.#problem(
        'AI_VARIABLE_UNKNOWN',
        `prompt "${prompt.name}" reads {{${path.original}}}, and ${reason} (${this.#path(`${prompt.name}.prompt`)}:${path.line})`,
        'correct the name, or add it to @requires(fields:)',
      );
    }
    const maxOutputTokens = field.maxOutputTokens ?? prompt.settings.maxOutputTokens;
    const input = maxOutputTokens && inputBoundOf(field, prompt, this.#check.models.fields, maxOutputTokens);
    if (input && input.longInput === 'chunk' && input.maxChunks < 2) {
      const least = leastChunkedTokens(maxOutputTokens);
      this.#problem(
        'AI_FIELD_INVALID',
        `the answers of two parts of ${maxOutputTokens} tokens do not fit into an input of ${input.maxTokens}`,
        `raise maxInputTokens to ${least} at least, lower maxOutputTokens, or write input: "truncate"`,
      );
    }
    if (maxOutputTokens === undefined) {
      this.#problem(
        'AI_OUTPUT_UNBOUNDED',
        `nothing bounds what a call by prompt "${prompt.name}" may cost`,
        'add maxOutputTokens to @generate, or config.maxOutputTokens to the prompt',
      );
    }
    this.#model(prompt);
  }

  #model(prompt: Prompt): void {
    const { models } = this.#check;
    const alias = this.#field.model ?? prompt.model;
    if (alias === undefined || !models.aliases.includes(alias)) {
      const place =
        this.#field.model === undefined
          ? `, which prompt "${prompt.name}" names (${this.#path(`${prompt.name}.prompt`)}:${prompt.modelLine})`
          : '';
      this.#problem(
        'AI_MODEL_UNKNOWN',
        alias === undefined
          ? `no model is named, neither here nor in prompt "${prompt.name}"`
          : `there is no model "${alias}"${place}${didYouMean(alias, models.aliases)}`,
        `name an alias of ai.models (${listed(models.aliases)}) in @generate(model:) or in the prompt’s front matter`,
      );
      return;
    }
    for (const reference of models.unpriced(alias)) {
      this.#problem(
        'AI_PRICE_UNKNOWN',
        `nobody knows the price of ${reference}, which "${alias}" may ask`,
        `add ai.prices."${reference}" with its prices, or with free: true`,
      );
    }
    const needs = isText(this.#field) ? 'text' : 'json';
    const reason = models.cannot(alias, needs);
    if (reason !== undefined) {
      this.#problem(
        'AI_MODEL_INCAPABLE',
        `its type is asked for as ${needs === 'json' ? 'JSON' : 'text'}, and ${reason}`,
        `name another model, or a target in ai.models.${alias} that can`,
      );
    }
  }

  #problem(code: string, message: string, suggestedFix: string): void {
    const { typeName, fieldName, line } = this.#field;
    this.#problems.push(problemOf(this.#check, code, `${typeName}.${fieldName}: ${message}`, line, suggestedFix));
  }

  #path(file: string): string {
    return `${relative(process.cwd(), this.#check.prompts.folder)}/${file}`;
  }
}

function meantVariable(variable: string, supplied: ReadonlySet<string>): string {
  const near = nearestName(variable, supplied);
  return near === undefined ? '' : `did you mean {{${near}}}? Otherwise `;
}

const maxListed = 20;

function listed(names: readonly string[]): string {
  return names.length > maxListed ? `${names.slice(0, maxListed).join(', ')}, …` : names.join(', ');
}

/** The names of the variables this field supplies to a prompt. */
export function suppliedTo(field: AiField, prompt: Prompt, code: SubgraphCode | undefined): ReadonlySet<string> {
  const byCode = code?.fields.get(`${field.typeName}.${field.fieldName}`)?.variables ?? [];
  return new Set([...field.arguments, ...field.requires, ...byCode, ...Object.keys(prompt.defaults)]);
}

/** A single String or ID is requested as plain text. */
function isText({ type }: AiField): boolean {
  const bare = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return bare.kind === Kind.NAMED_TYPE && (bare.name.value === 'String' || bare.name.value === 'ID');
}

export function problemOf(
  { source }: AiSubgraphCheck,
  code: string,
  message: string,
  line: number | undefined,
  suggestedFix: string,
): CompositionProblem {
  return {
    severity: 'error',
    code,
    message,
    places: [{ subgraph: source.name, origin: source.origin, line }],
    suggestedFix,
  };
}
