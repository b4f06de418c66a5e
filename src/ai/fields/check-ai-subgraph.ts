import { relative } from 'node:path';
import { type DocumentNode, GraphQLError, parse, Source } from 'graphql';
import type { CompositionProblem, SubgraphSource } from '../../supergraph/index.ts';
import { type AiField, aiFieldsOf } from './ai-field.ts';
import { PromptError } from './prompt.ts';
import type { PromptFolder } from './prompt-folder.ts';

export interface AiSubgraphCheck {
  readonly source: SubgraphSource;
  readonly prompts: PromptFolder;
  /** The aliases of ai.models. */
  readonly modelAliases: ReadonlySet<string>;
}

/** What would stop an AI subgraph's fields from being answered, before anything is served. SDL errors are composition's. */
export function checkAiSubgraph(check: AiSubgraphCheck): readonly CompositionProblem[] {
  let document: DocumentNode;
  try {
    document = parse(new Source(check.source.sdl, check.source.origin));
  } catch (error) {
    if (error instanceof GraphQLError) return [];
    throw error;
  }
  const problems = aiFieldsOf(document).flatMap((field) => checkField(field, check));
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function checkField(field: AiField, { source, prompts, modelAliases }: AiSubgraphCheck): CompositionProblem[] {
  const coordinate = `${field.typeName}.${field.fieldName}`;
  const problem = (code: string, message: string, mend: string): CompositionProblem => ({
    severity: 'error',
    code,
    message: `${coordinate}: ${message}`,
    places: [{ subgraph: source.name, origin: source.origin, line: field.line }],
    mend,
  });
  const prompt = prompts.find(field.prompt);
  if (prompt instanceof PromptError) {
    const file = `${relative(process.cwd(), prompts.folder)}/${field.prompt}.prompt`;
    const place = prompt.line === undefined ? '' : ` (${file}:${prompt.line})`;
    return [
      problem('AI_PROMPT_INVALID', `prompt "${field.prompt}": ${prompt.message}${place}`, `write or correct ${file}`),
    ];
  }
  const found: CompositionProblem[] = [];
  if ((field.maxOutputTokens ?? prompt.maxOutputTokens ?? 0) <= 0) {
    found.push(
      problem(
        'AI_OUTPUT_UNBOUNDED',
        'nothing bounds what a call may cost',
        'add maxOutputTokens to @generate, or config.maxOutputTokens to the prompt',
      ),
    );
  }
  const alias = field.model ?? prompt.model;
  if (alias === undefined || !modelAliases.has(alias)) {
    found.push(
      problem(
        'AI_MODEL_UNKNOWN',
        alias === undefined ? 'no model is named' : `there is no model "${alias}"`,
        'name an alias of ai.models in @generate(model:) or in the prompt’s front matter',
      ),
    );
  }
  return found;
}
