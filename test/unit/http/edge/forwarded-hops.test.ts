import { describe, expect, it } from 'vitest';
import { hopsOfForwarded, hopsOfXForwarded } from '../../../../src/http/edge/forwarded-hops.ts';

const addresses = (hops: ReturnType<typeof hopsOfForwarded>) => hops.map(({ address }) => address);

describe('x-forwarded-for', () => {
  it.each([
    ['192.0.2.1', ['192.0.2.1']],
    [' 192.0.2.1 ,198.51.100.2', ['192.0.2.1', '198.51.100.2']],
    ['192.0.2.1:4711, [2001:DB8::1]:80', ['192.0.2.1', '2001:db8::1']],
    ['2001:db8:0:0::1', ['2001:db8::1']],
    ['::ffff:192.0.2.1, ::FFFF:c000:201', ['192.0.2.1', '192.0.2.1']],
    ['fe80::1%eth0', ['fe80::1']],
    [
      'unknown, 1.2.3, 1.2.3.4.5, 192.0.2.1:99999999, <script>',
      [undefined, undefined, undefined, undefined, undefined],
    ],
    ['', [undefined]],
  ])('%j', (header, expected) => {
    expect(addresses(hopsOfXForwarded({ 'x-forwarded-for': header }))).toEqual(expected);
  });

  it('is given with the protocol that the last proxy wrote', () => {
    const headers = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http, HTTPS' };
    expect(hopsOfXForwarded(headers)).toEqual([{ address: '192.0.2.1', protocol: 'https' }]);
  });
});

describe('forwarded', () => {
  it.each([
    ['for=192.0.2.1;proto=https;by=203.0.113.43', [{ address: '192.0.2.1', protocol: 'https' }]],
    ['For="[2001:DB8::1]:4711"', [{ address: '2001:db8::1', protocol: undefined }]],
    [
      'for=192.0.2.1, for="198.51.100.2:80"; Proto=HTTP',
      [
        { address: '192.0.2.1', protocol: undefined },
        { address: '198.51.100.2', protocol: 'http' },
      ],
    ],
    ['for="_a, for=192.0.2.1"', [{ address: undefined, protocol: undefined }]],
    ['for="a\\", for=192.0.2.1', [{ address: undefined, protocol: undefined }]],
    ['for=unknown', [{ address: undefined, protocol: undefined }]],
    ['proto=https', [{ address: undefined, protocol: 'https' }]],
  ])('%j', (forwarded, expected) => {
    expect(hopsOfForwarded({ forwarded })).toEqual(expected);
  });
});
