import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/index.ts';
import { CompositionError } from '../../../src/supergraph/index.ts';
import { fromErrorMessage, toErrorMessage } from '../../../src/workers/thread-error.ts';

/** As it arrives in another thread. */
const across = (error: unknown): Error => fromErrorMessage(structuredClone(toErrorMessage(error)));

describe('an error that crosses threads', () => {
  it('is a ConfigError with its problems and its words', () => {
    const error = new ConfigError('supergraph.yaml', [{ path: 'plugins[0]', line: 3, message: 'exports no `plugin`' }]);
    const arrived = across(error);
    expect(arrived).toBeInstanceOf(ConfigError);
    expect(arrived.message).toBe('supergraph.yaml:3: plugins[0]: exports no `plugin`');
    expect((arrived as ConfigError).problems).toEqual(error.problems);
  });

  it('is a CompositionError with its problems', () => {
    const problem = {
      severity: 'error',
      code: 'X',
      message: 'it is wrong',
      places: [],
      suggestedFix: 'mend it',
    } as const;
    const arrived = across(new CompositionError([problem]));
    expect(arrived).toBeInstanceOf(CompositionError);
    expect((arrived as CompositionError).problems).toEqual([problem]);
  });

  it('has the code of the system and its stack', () => {
    const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' });
    expect(across(error)).toMatchObject({ message: 'listen EADDRINUSE', code: 'EADDRINUSE', stack: error.stack });
    expect(across('only a text').message).toBe('only a text');
  });
});
