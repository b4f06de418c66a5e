/**
 * The cost of a hook that no plugin uses. Where it would run, either a function without it was chosen when the generation
 * was built, or one local that is undefined is compared (the engine's onPlan); this measures the second: `node bench/hooks.ts`.
 */
const turns = 50_000_000;
const rounds = 9;

type Step = (value: number) => number;

function plain(): Step {
  return (value) => (value * 31 + 7) & 0xffff;
}

function hooked(onPlan: ((value: number) => number) | undefined): Step {
  return (value) => {
    const changed = onPlan === undefined ? undefined : onPlan(value);
    if (changed !== undefined) return changed;
    return (value * 31 + 7) & 0xffff;
  };
}

/** Nanoseconds of CPU for one turn. */
function cost(step: Step): number {
  const before = process.cpuUsage();
  let value = 1;
  for (let turn = 0; turn < turns; turn++) value = step(value);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / turns;
}

const steps = { plain: plain(), hooked: hooked(undefined) };
const least = { plain: Number.POSITIVE_INFINITY, hooked: Number.POSITIVE_INFINITY };
// Both are warm before either counts: the loop is compiled anew once it has seen the second.
for (let round = 0; round < 3; round++) cost(round % 2 === 0 ? steps.hooked : steps.plain);
for (let round = 0; round < rounds; round++) {
  least.plain = Math.min(least.plain, cost(steps.plain));
  least.hooked = Math.min(least.hooked, cost(steps.hooked));
}
console.log(`a step without the check    ${least.plain.toFixed(2)} ns`);
console.log(`a step with the check       ${least.hooked.toFixed(2)} ns`);
