import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { guardrailsYaml, resolveGuardrails } from '../../../../src/config/index.ts';

const resolve = (yaml: string) => resolveGuardrails(guardrailsYaml.parse(parse(yaml)));

describe('the guardrails key', () => {
  it('has every default', () => {
    const config = resolve(
      '{ pii: {}, secrets: {}, injection: {}, patterns: { blocked: [a] }, moderation: { model: fast }, output: { urls: {} } }',
    );
    expect(config).toEqual({
      personalData: {
        kinds: new Map([
          ['email', 'mask'],
          ['phone', 'mask'],
          ['iban', 'mask'],
          ['card', 'mask'],
        ]),
        recognizers: [],
        country: undefined,
      },
      secrets: { mode: 'mask' },
      injection: { mode: 'flag', threshold: 0.7 },
      blockedPatterns: [{ name: 'blocked_1', pattern: 'a', mode: 'block' }],
      requiredPatterns: [],
      output: { maxLength: undefined, urls: { allow: [], mode: 'mask' }, markup: undefined },
      moderation: { model: 'fast', mode: 'block', onError: 'block', input: true, output: true },
    });
  });

  it('detects nothing that is not configured', () => {
    expect(resolveGuardrails(undefined)).toBeUndefined();
    expect(resolve('{}')).toMatchObject({
      personalData: undefined,
      secrets: undefined,
      injection: undefined,
      moderation: undefined,
    });
  });

  it('has a mode for each kind and each recogniser', () => {
    const config = resolve(
      `pii: { mode: flag, kinds: { email: mask, card: block }, recognizers: [{ name: a, pattern: b }, { name: c, pattern: d, mode: block }] }`,
    );
    expect(config?.personalData).toMatchObject({
      kinds: new Map([
        ['email', 'mask'],
        ['card', 'block'],
      ]),
      recognizers: [
        { name: 'a', mode: 'flag' },
        { name: 'c', mode: 'block' },
      ],
    });
  });

  it.each([
    [`patterns: { blocked: ['(?=a)b'] }`, 'RE2'],
    [`patterns: { blocked: ['a*'] }`, 'everywhere'],
    [`pii: { country: XX }`, 'no such country'],
    [`pii: { recognizers: [{ name: A-b, pattern: a }] }`, 'lower-case'],
    [`pii: { kind: [email] }`, 'kind'],
    [`injection: { threshold: 2 }`, 'threshold'],
    [`output: { urls: { allow: ['https://a.example'] } }`, 'host name'],
  ])('refuses %s', (yaml, reason) => {
    const parsed = guardrailsYaml.safeParse(parse(yaml));
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(reason);
  });
});
