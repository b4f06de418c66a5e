import type * as Jose from 'jose';
import { packageOnDemand } from '../lib/index.ts';

/** Tokens and their keys: loaded with the first of them. */
export const jose = packageOnDemand<typeof Jose>('jose');
