/** What serves of a variant, as its store has it: signed for whoever follows it. */
import type { GraphRef } from '../../config/index.ts';
import type { RegistryTable } from '../../store/index.ts';
import type { SigningKey } from '../generation/index.ts';
import type { ServedGenerations, SignedGeneration } from './generation-feed.ts';

/** @returns undefined where nothing has been published */
export async function servedOf(
  table: RegistryTable,
  key: SigningKey,
  ref: GraphRef,
): Promise<ServedGenerations | undefined> {
  const head = await table.head(ref);
  if (head === undefined) return undefined;
  const signed = async (number: number): Promise<SignedGeneration> => {
    const generation = await table.generation(ref, number);
    if (generation === undefined) throw new Error(`generation ${number} is missing`);
    return { generation, signature: key.sign(generation) };
  };
  const { canary } = head;
  if (canary === undefined) return { ...(await signed(head.number)), canary: undefined };
  const { number, ...share } = canary;
  return { ...(await signed(head.number)), canary: { ...(await signed(number)), ...share } };
}
