/** Uses both local models in a separate process and prints the results; run without permission to use the network. */

import { textOf, userText } from '../../../../../src/ai/model-call/index.ts';
import { createLocalProvider } from '../../../../../src/ai/providers/local/local-provider.ts';
import { Deadline } from '../../../../../src/lib/index.ts';

const provider = createLocalProvider({ name: 'local' });
const bounds = {
  signal: new AbortController().signal,
  deadline: Deadline.in(30_000),
  key: 0,
  structured: 'tool',
} as const;
const { vectors } = await provider.embed('use-lite', { texts: ['The battery lasts long.'] }, bounds);
const answer = await provider.complete(
  'extractive',
  { messages: [userText('It works well.')], output: { kind: 'text' }, maxOutputTokens: 50 },
  bounds,
);
const fetched = await fetch('http://127.0.0.1:59999/').then(
  () => 'reached',
  (error: unknown) =>
    String(error instanceof Error ? ((error.cause as { code?: unknown } | undefined)?.code ?? error) : error),
);
process.stdout.write(JSON.stringify({ dimensions: vectors[0]?.length, text: textOf(answer), fetched }));
// The provider is not closed: an idle worker must not keep the process running.
