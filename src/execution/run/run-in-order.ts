import type { CompiledPlan } from '../compile/compile-plan.ts';

type Fetch = CompiledPlan['fetches'][number];

/** Runs each fetch of a plan as soon as the fetches that it depends on have ended, whatever came of them. */
export async function runInOrder(
  { fetches }: Pick<CompiledPlan, 'fetches'>,
  run: (fetch: Fetch) => Promise<void>,
): Promise<void> {
  const ended: Promise<void>[] = [];
  for (const fetch of fetches) {
    const { after } = fetch;
    const before =
      after.length === 1
        ? ended[after[0] ?? 0]
        : after.length === 0
          ? undefined
          : Promise.all(after.map((index) => ended[index]));
    ended.push(before === undefined ? run(fetch) : before.then(() => run(fetch)));
  }
  await Promise.all(ended);
}
