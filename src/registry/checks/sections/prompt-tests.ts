/** Runs the tests of the prompts that a change adds or rewrites, against real models: the calls are paid for. */
import { dirname, join, relative } from 'node:path';
import { type Prompt, type PromptUse, promptUses, runPromptTest, testedUses } from '../../../ai/fields/index.ts';
import { createModelClient, type ModelClient } from '../../../ai/models/index.ts';
import { createMemoryStore } from '../../../cache/index.ts';
import { Deadline, formatUsd } from '../../../lib/index.ts';
import type { Logger } from '../../../observability/index.ts';
import type { SupergraphParts } from '../../../read-supergraph.ts';
import type { Draft } from './draft.ts';

interface TestedPrompt {
  readonly subgraph: string;
  readonly file: string;
  readonly prompt: Prompt;
  readonly use: PromptUse | undefined;
}

export interface PromptTests {
  readonly drafts: readonly Draft[];
  readonly note: string;
}

type Parts = Pick<SupergraphParts, 'config' | 'prompts' | 'sources'>;

export async function testChangedPrompts(
  before: Pick<Parts, 'prompts'> | undefined,
  after: Parts,
  { log, signal }: { readonly log: Logger; readonly signal?: AbortSignal | undefined },
): Promise<PromptTests> {
  const { config } = after;
  const prompts = changedPrompts(before, after);
  const cache = createMemoryStore({ maxBytes: config.ai.cache.maxBytes });
  const models = createModelClient({ ai: config.ai, cache, log, resolveFrom: dirname(config.file) });
  const drafts: Draft[] = [];
  let passed = 0;
  let nanoUsd = 0n;
  try {
    for (const tested of prompts) {
      for (const [index, test] of tested.prompt.tests.entries()) {
        signal?.throwIfAborted();
        const name = test.name ?? `test ${index + 1}`;
        const model = tested.use?.model ?? tested.prompt.model;
        if (model === undefined || !models.has(model)) {
          drafts.push(draftOf(tested, 'warning', `${name} was not run: its model is not configured, or has no key`));
          continue;
        }
        const { problems, answer } = await run(models, tested, test, model, config.ai.callTimeoutMs, signal);
        nanoUsd += answer?.costNanoUsd ?? 0n;
        if (problems.length === 0) passed++;
        else drafts.push(draftOf(tested, 'error', `${name} fails: ${problems.join('; ')}`));
      }
    }
  } finally {
    await models.close();
    await cache.close();
  }
  return { drafts, note: `tests of changed prompts that passed: ${passed}; their calls cost $${formatUsd(nanoUsd)}` };
}

function run(
  models: ModelClient,
  { prompt, use }: TestedPrompt,
  test: Prompt['tests'][number],
  model: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): ReturnType<typeof runPromptTest> {
  const timeout = AbortSignal.timeout(timeoutMs + 1_000);
  const bounds = { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) };
  return runPromptTest({ models, prompt, use, test, model, ...bounds, deadline: Deadline.in(timeoutMs) });
}

/** A partial that is rewritten rewrites the prompts that include it. */
function changedPrompts(before: Pick<Parts, 'prompts'> | undefined, after: Parts): readonly TestedPrompt[] {
  return [...after.prompts].flatMap(([subgraph, folder]) => {
    const earlierHashes = new Set(
      before?.prompts
        .get(subgraph)
        ?.list()
        .map(({ name, hash }) => `${name}\n${hash}`),
    );
    const source = after.sources.get(subgraph);
    const uses = (source && promptUses(source)) ?? new Map<string, readonly PromptUse[]>();
    const changed = folder.list().filter(({ name, hash }) => !earlierHashes.has(`${name}\n${hash}`));
    return changed.flatMap((prompt) => {
      const file = relative(process.cwd(), join(folder.folder, `${prompt.name}.prompt`));
      return testedUses(prompt, uses).map((use) => ({ subgraph, file, prompt, use }));
    });
  });
}

function draftOf({ subgraph, file, prompt, use }: TestedPrompt, severity: Draft['severity'], message: string): Draft {
  return {
    severity,
    code: severity === 'error' ? 'PROMPT_TEST_FAILED' : 'PROMPT_TEST_SKIPPED',
    ...(use === undefined ? {} : { subject: use.coordinate }),
    message: `${prompt.name}: ${message}`,
    places: [{ subgraph, file, line: 1 }],
  };
}
