import { describe, expect, it } from 'vitest';
import { beginTrace, ratioSampler } from '../../../../src/observability/traces/context/begin-trace.ts';
import { addTraceHeaders } from '../../../../src/observability/traces/context/trace-headers.ts';
import { newSpanId, newTraceId } from '../../../../src/observability/traces/context/trace-ids.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const never = ratioSampler(0);
const always = ratioSampler(1);

describe('the trace of W3C’s headers', () => {
  it.each([
    ['a sampled parent', `00-${trace}-${span}-01`, true],
    ['a parent that is not sampled', `00-${trace}-${span}-00`, false],
    ['flags of later levels', `00-${trace}-${span}-03`, true],
    ['a later version', `cc-${trace}-${span}-01`, true],
    ['a later version with more', `cc-${trace}-${span}-01-what-else`, true],
  ])('is gone on with: %s', (_what, traceparent, isSampled) => {
    const begun = beginTrace({ traceparent }, never);
    expect(begun).toMatchObject({ traceId: trace, parentSpanId: span, isSampled });
    expect(begun.spanId).not.toBe(span);
  });

  it.each([
    ['nothing', ''],
    ['version ff', `ff-${trace}-${span}-01`],
    ['version 00 with more', `00-${trace}-${span}-01-what-else`],
    ['a later version with more and no dash', `cc-${trace}-${span}-01.what`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${span}-01`],
    ['a span of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
    ['capital letters', `00-${trace.toUpperCase()}-${span}-01`],
    ['an id that is too short', `00-${trace.slice(1)}-${span}-01`],
    ['an id that is too long', `00-${trace}0-${span}-01`],
    ['other digits', `00-${trace.slice(1)}g-${span}-01`],
    ['flags of one digit', `00-${trace}-${span}-1`],
    ['two of them', `00-${trace}-${span}-01, 00-${trace}-${span}-01`],
    ['spaces around it', ` 00-${trace}-${span}-01`],
  ])('begins anew after what is malformed: %s', (_what, traceparent) => {
    const begun = beginTrace({ traceparent, tracestate: 'a=1' }, never);
    expect(begun.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(begun).not.toMatchObject({ traceId: trace });
    expect(begun).toMatchObject({ parentSpanId: undefined, isSampled: false, state: undefined });
  });

  it.each([
    ['as it is', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['of several tenants', 'fw529a3039@dt=FfAQAA,a@b=1', 'fw529a3039@dt=FfAQAA,a@b=1'],
    ['without spaces and empty members', 'a=1 , ,\tb=2,', 'a=1,b=2'],
    ['of 32 members', Array.from({ length: 32 }, (_, at) => `k${at}=1`).join(','), expect.stringContaining('k31=1')],
    ['not of 33', Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(','), undefined],
    ['not where a key is malformed', 'a=1,B=2', undefined],
    ['not where a value is malformed', 'a=1=2', undefined],
    ['not where there is no value', 'a=', undefined],
    ['not where it is too long', `a=${'x'.repeat(250)},b=${'x'.repeat(250)},c=${'x'.repeat(250)}`, undefined],
  ])('has its state %s', (_what, tracestate, state) => {
    expect(beginTrace({ traceparent: `00-${trace}-${span}-01`, tracestate }, never).state).toEqual(state);
  });
});

describe('the trace of B3’s headers', () => {
  const several = { 'x-b3-traceid': trace, 'x-b3-spanid': span };
  it.each([
    ['one header', { b3: `${trace}-${span}-1` }, { traceId: trace, isSampled: true }],
    ['with its own parent', { b3: `${trace}-${span}-0-${span}` }, { traceId: trace, isSampled: false }],
    ['for debugging', { b3: `${trace}-${span}-d` }, { traceId: trace, isSampled: true }],
    ['of 64 bits', { b3: `${span}-${span}-1` }, { traceId: `${'0'.repeat(16)}${span}`, isSampled: true }],
    ['in capital letters', { b3: `${trace.toUpperCase()}-${span}-1` }, { traceId: trace, isSampled: true }],
    ['several headers', { ...several, 'x-b3-sampled': '1' }, { traceId: trace, isSampled: true }],
    ['several, not sampled', { ...several, 'x-b3-sampled': '0' }, { traceId: trace, isSampled: false }],
    ['of older clients', { ...several, 'x-b3-sampled': 'true' }, { traceId: trace, isSampled: true }],
    ['several, for debugging', { ...several, 'x-b3-flags': '1' }, { traceId: trace, isSampled: true }],
    ['one before several', { ...several, b3: `${span}-${span}-1` }, { traceId: `${'0'.repeat(16)}${span}` }],
  ])('is gone on with: %s', (_what, headers, expected) => {
    expect(beginTrace(headers, never)).toMatchObject({ parentSpanId: span, ...expected });
  });

  it.each([
    ['nothing', { b3: '' }],
    ['zeros', { b3: `${'0'.repeat(32)}-${span}-1` }],
    ['no span', { b3: trace }],
    ['an id of another length', { b3: `${trace.slice(2)}-${span}-1` }],
    ['another decision', { b3: `${trace}-${span}-2` }],
    ['no span among several', { 'x-b3-traceid': trace, 'x-b3-sampled': '1' }],
    ['a malformed one among several', { ...several, 'x-b3-spanid': `${span}-` }],
  ])('begins anew after what is malformed: %s', (_what, headers) => {
    const begun = beginTrace(headers, never);
    expect(begun).toMatchObject({ parentSpanId: undefined, isSampled: false });
  });

  it.each([
    ['0', false],
    ['1', true],
    ['d', true],
  ])('has a decision without ids: b3: %s', (b3, isSampled) => {
    expect(beginTrace({ b3 }, isSampled ? never : always)).toMatchObject({ parentSpanId: undefined, isSampled });
    const sampled = isSampled ? '1' : '0';
    expect(beginTrace({ 'x-b3-sampled': sampled }, isSampled ? never : always).isSampled).toBe(isSampled);
  });

  it('leaves the decision to us where it has none', () => {
    expect(beginTrace({ b3: `${trace}-${span}` }, always)).toMatchObject({ traceId: trace, isSampled: true });
    expect(beginTrace(several, never)).toMatchObject({ traceId: trace, isSampled: false });
  });

  it('counts where W3C’s is malformed, and not where that is well', () => {
    const b3 = `${'a'.repeat(32)}-${span}-1`;
    expect(beginTrace({ traceparent: `00-${trace}-${span}-00`, b3 }, never)).toMatchObject({ traceId: trace });
    expect(beginTrace({ traceparent: 'x', b3 }, never)).toMatchObject({ traceId: 'a'.repeat(32), isSampled: true });
  });
});

describe('the sample', () => {
  it.each([0, 0.01, 0.25, 0.5, 1])('is the share %d of new traces', (ratio) => {
    const isInShare = ratioSampler(ratio);
    const total = 20_000;
    let sampled = 0;
    for (let index = 0; index < total; index++) if (beginTrace({}, isInShare).isSampled) sampled++;
    // Six standard deviations.
    expect(Math.abs(sampled / total - ratio)).toBeLessThanOrEqual(6 * Math.sqrt((ratio * (1 - ratio)) / total));
  });

  it('is what is decided for clients that may not, whatever they say and which id they choose', () => {
    const untrusted = { isClientTrusted: false };
    const inShare = '0'.repeat(31).concat('1');
    const asked = { traceparent: `00-${inShare}-${span}-01` };
    expect(beginTrace(asked, never, untrusted)).toMatchObject({
      traceId: inShare,
      parentSpanId: span,
      isSampled: false,
    });
    expect(beginTrace({ traceparent: `00-${trace}-${span}-00` }, always, untrusted).isSampled).toBe(true);
    expect(beginTrace({ b3: '1' }, never, untrusted).isSampled).toBe(false);
    const isInShare = ratioSampler(0.01);
    expect(isInShare(inShare)).toBe(true);
    const sampled = Array.from({ length: 1_000 }, () => beginTrace(asked, isInShare, untrusted).isSampled);
    expect(sampled.filter(Boolean).length).toBeLessThan(100);
  });

  it('decides alike for one trace', () => {
    const [a, b] = [ratioSampler(0.3), ratioSampler(0.3)];
    for (let index = 0; index < 1_000; index++) {
      const id = newTraceId();
      expect(a(id)).toBe(b(id));
    }
    expect(ratioSampler(0.5)(`${'f'.repeat(19)}${'0'.repeat(13)}`)).toBe(true);
    expect(ratioSampler(0.5)(`${'0'.repeat(19)}${'f'.repeat(13)}`)).toBe(false);
  });
});

describe('ids', () => {
  it('are of their length, and each another', () => {
    const ids = new Set(Array.from({ length: 5_000 }, () => newSpanId()));
    expect(ids.size).toBe(5_000);
    for (const id of ids) expect(id).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
    expect(newTraceId()).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('what others are told', () => {
  const begun = beginTrace({ traceparent: `00-${trace}-${span}-01`, tracestate: 'a=1' }, never);
  it('is the trace, the span that asks, and what was decided', () => {
    const headers: string[] = [];
    addTraceHeaders(['w3c', 'b3', 'b3multi'], begun, 'b7ad6b7169203331', headers);
    expect(headers).toEqual([
      'traceparent',
      `00-${trace}-b7ad6b7169203331-01`,
      'tracestate',
      'a=1',
      'b3',
      `${trace}-b7ad6b7169203331-1-${begun.spanId}`,
      'x-b3-traceid',
      trace,
      'x-b3-spanid',
      'b7ad6b7169203331',
      'x-b3-parentspanid',
      begun.spanId,
      'x-b3-sampled',
      '1',
    ]);
  });

  it('can be read again', () => {
    for (const format of ['w3c', 'b3', 'b3multi'] as const) {
      for (const isSampled of [true, false]) {
        const headers: string[] = [];
        addTraceHeaders([format], { ...begun, isSampled }, 'b7ad6b7169203331', headers);
        const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
        expect(beginTrace(Object.fromEntries(pairs), never)).toMatchObject({
          traceId: trace,
          parentSpanId: 'b7ad6b7169203331',
          isSampled,
        });
      }
    }
  });
});
