import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { startTestGateway } from '../testkit/test-gateway.ts';

const sdl = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  slogan: String @requires(fields: "name") @generate(prompt: "slogan", model: "fast", maxOutputTokens: 40)
}`;

describe('editing a prompt while it runs', () => {
  it('swaps the generation, keeps the old one for a broken prompt, and needs no restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-prompts-'));
    const prompts = join(folder, 'prompts');
    await mkdir(prompts);
    await writeFile(join(folder, 'ai.graphql'), sdl);
    const write = (text: string) => writeFile(join(prompts, 'slogan.prompt'), text);
    await write('Everybody should have a good {{name}} at home.');
    const yaml = `  ai: { ai: true, schema: { file: "${folder}/ai.graphql" }, prompts: "${prompts}" }\n`;
    await using gateway = await startTestGateway({ subgraphs: shop, yaml, watch: true });
    const slogan = async () => (await gateway.query('{ product(id: "p1") { slogan } }')).data.product.slogan as string;
    const generation = () => gateway.gateway.generations.current?.id;
    expect(await slogan()).toBe('Everybody should have a good Kettle at home.');

    const first = generation();
    await write('Nobody regrets buying this wonderful {{name}} from us.');
    await expect.poll(() => generation()).not.toBe(first);
    expect(await slogan()).toBe('Nobody regrets buying this wonderful Kettle from us.');

    const [second, lines] = [generation(), gateway.log.length];
    await write('{{#if name}} never closed');
    await expect.poll(() => gateway.log.slice(lines).some((line) => line.level === 'error')).toBe(true);
    const said = String(gateway.log.slice(lines).find((line) => line.level === 'error')?.msg);
    expect(said).toContain('AI_PROMPT_INVALID in ai');
    expect(said).toContain('slogan.prompt');
    expect(generation()).toBe(second);
    expect(await slogan()).toBe('Nobody regrets buying this wonderful Kettle from us.');
  });
});
