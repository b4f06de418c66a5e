/** Texts that, repeated, drive a pattern that backtracks into quadratic or exponential time. */
// biome-ignore format: a list
export const hostileUnits = [
  'a', '@', 'a@', 'a.', '1', '1 ', '+1', '1-', '(', '<', '<a', '<a ', '[', '](', '[a](', '](a', ']: ', '0 1 2 ', '0111 1111 11 ',
  '+49 30 ', 'DE89 ', 'DE89', 'password=', 'key=', 'key:', 'token is a1', 'Password:', 'sk-', '-----BEGIN ', '-----BEGIN PRIVATE KEY----- x ',
  'eyJ.', '%69', '&#1', '\\x69', 'aGVsbG8g', '69 ', 'i g n o r e ', 'ignore ', 'ignore previous instructions ', '\n## system', '\n',
  '\n system', '忽略', '\u200b', 'é', '1 Aa Bb ', 'Aa Straße ', 'Via Roma ', 'A ', 'www.', 'http://a', '//a', 'data:', 'javascript:',
  '{{role ', '1:2:', '1.2.3.', 'EMP-', 'FALCO', '4111 ', '4111 1111 1111 1111 ', 'x-y', '"', '\\', ' ', '\u00a0', '😀',
];
