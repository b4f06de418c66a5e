import { describe, expect, it } from 'vitest';
import { NameRegister } from '../../../../src/observability/metrics/name-register.ts';

const reportMs = 5_000;

function openRegister(max: number) {
  let now = 0;
  const register = new NameRegister({ max, now: () => now });
  return {
    register,
    /** Reports of the next moments, as threads send them. */
    use(uses: readonly (readonly [name: string, source: string])[], times = 1): void {
      for (let time = 0; time < times; time++) {
        now += reportMs;
        register.report(uses);
      }
    },
    pass(milliseconds: number): void {
      now += milliseconds;
    },
  };
}

describe('the names that metrics tell apart', () => {
  it('are learned once they were used in three reports', () => {
    const { register, use } = openRegister(10);
    use([['Cart', 'a']], 2);
    expect([...register.learned]).toEqual([]);
    use([['Cart', 'a']]);
    expect([...register.learned]).toEqual(['Cart']);
  });

  it('are not learned faster by several threads that report at the same time', () => {
    const { register } = openRegister(10);
    for (let thread = 0; thread < 10; thread++) register.report([['Cart', 'a']]);
    expect([...register.learned]).toEqual([]);
  });

  it('are none of a flood of names that are each used once', () => {
    const { register, use } = openRegister(10);
    for (let index = 0; index < 5_000; index++) use([[`Flood${index}`, 'a']]);
    expect(register.learned.size).toBe(0);
  });

  it('are learned in the midst of a flood from elsewhere', () => {
    const { register, use } = openRegister(10);
    for (let report = 0; report < 3; report++) {
      const flood = Array.from({ length: 5_000 }, (_, index) => [`Flood${report}.${index}`, 'attacker'] as const);
      use([...flood, ['Cart', 'shopper']]);
    }
    expect([...register.learned]).toEqual(['Cart']);
  });

  it('are of one source in half of the places at most', () => {
    const { register, use } = openRegister(10);
    use(
      Array.from({ length: 50 }, (_, index) => [`Flood${index}`, 'attacker'] as const),
      5,
    );
    expect(register.learned.size).toBe(5);
    use([['Cart', 'shopper']], 3);
    expect(register.learned.has('Cart')).toBe(true);
  });

  it('give their place to what more sources use, not the reverse', () => {
    const { register, use } = openRegister(2);
    use([['First', 'attacker 1']], 3);
    use([['Second', 'attacker 2']], 3);
    use([['Third', 'attacker 3']], 9);
    expect([...register.learned]).toEqual(['First', 'Second']);
    use(
      [
        ['Cart', 'shopper 1'],
        ['Cart', 'shopper 2'],
      ],
      3,
    );
    expect([...register.learned]).toEqual(['Second', 'Cart']);
    use([['First', 'attacker 1']], 9);
    expect([...register.learned]).toEqual(['Second', 'Cart']);
  });

  it('give their place away once nobody has used them for an hour', () => {
    const { register, use, pass } = openRegister(1);
    use([['Old', 'a']], 3);
    pass(3_600_000);
    use([['New', 'b']], 3);
    expect([...register.learned]).toEqual(['New']);
  });

  it('are none where nothing is to be learned', () => {
    const { register, use } = openRegister(0);
    use([['Cart', 'a']], 5);
    expect(register.learned.size).toBe(0);
  });
});
