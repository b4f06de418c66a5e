import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [resolve('src/testing/scripted-provider-main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

describe('a scripted provider as a process of its own', () => {
  it('prints its address, answers by its options, and ends on SIGTERM', async () => {
    const child = run('--port', '0', '--latency', '30', '--chunks', '5', '--text-size', '1000');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { url, openAiBaseUrl } = JSON.parse(line) as Record<string, string>;
    expect(openAiBaseUrl).toBe(`${url}/v1`);
    const ask = (stream: boolean) =>
      fetch(`${openAiBaseUrl}/chat/completions`, { method: 'POST', body: JSON.stringify({ stream }) });
    const startedAt = performance.now();
    const whole = (await (await ask(false)).json()) as { choices: { message: { content: string } }[] };
    expect(performance.now() - startedAt).toBeGreaterThan(29);
    expect(whole.choices[0]?.message.content).toHaveLength(1000);
    const stream = await (await ask(true)).text();
    expect(stream.match(/"content":"[^"]+"/g)).toHaveLength(5);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('refuses options that are no numbers', async () => {
    const child = run('--latency', 'fast');
    const [code] = await once(child, 'exit');
    expect(code).toBe(2);
  });
});
