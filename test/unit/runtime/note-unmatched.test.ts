import { expect, it } from 'vitest';
import { createPromptFolder } from '../../../src/ai/fields/index.ts';
import { aiYaml, resolveAi } from '../../../src/config/ai/ai.ts';
import { createLogger } from '../../../src/observability/index.ts';
import { noteUnmatched } from '../../../src/runtime/note-unmatched.ts';

it('budgets of prompts that are not there are told, and others are not', async () => {
  const texts = ['slogan', 'mood@2'].map((name) => [`${name}.prompt`, '---\nmodel: fast\n---\nHello'] as const);
  const prompts = new Map([['assistant', await createPromptFolder('prompts', new Map(texts))]]);
  const matching = (prompt: string) => ({ match: { prompt }, limit_calls: 1, every: '1h' });
  const all = { limit_calls: 1, every: '1h' };
  const yaml = aiYaml.parse({ budgets: [all, ...['slogan', 'mood', 'mood@2', 'slogn'].map(matching)] });
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) } as never;
  const log = createLogger({ level: 'debug', readable: false, destination });
  noteUnmatched(resolveAi(yaml, (path) => path).budgets, prompts, log);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', prompt: 'mood@2' }, // all versions have one name
    { level: 'warn', prompt: 'slogn' },
  ]);
});
