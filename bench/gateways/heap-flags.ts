/** The flags of Node that `isthmus` and `npm run gateway` have. */
export const heapFlags: readonly string[] = [
  '--max-semi-space-size=16',
  '--heap-growing-percent=100',
  '--no-allocation-site-pretenuring',
];
