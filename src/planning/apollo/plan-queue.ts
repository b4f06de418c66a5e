/**
 * Operations that wait to be planned, in a fair order: clients take turns, however much each asks for; an operation
 * that has been planned before comes ahead of new ones; and one whose first, brief search was not enough waits behind
 * all that have not had theirs. When the queue is full, whoever has most waiting loses the last of theirs.
 */
export interface Queued {
  readonly supergraph: string;
  /** Who asked; clients take turns. */
  readonly client: string;
  /** Whether the same has been planned before. */
  readonly isFamiliar: boolean;
  /** Whether its brief search was not enough. */
  readonly isLong: boolean;
}

type Lane = 'familiar' | 'fresh' | 'long';

/** How many others may be taken in a row while a long one waits. */
const maxBeforeLong = 20;

export class PlanQueue<Task extends Queued> {
  readonly #lanes: Readonly<Record<Lane, Map<string, Task[]>>> = {
    familiar: new Map(),
    fresh: new Map(),
    long: new Map(),
  };
  #size = 0;
  #takenBeforeLong = 0;

  get size(): number {
    return this.#size;
  }

  add(task: Task): void {
    const lane = this.#lanes[laneOf(task)];
    const tasks = lane.get(task.client);
    if (tasks === undefined) lane.set(task.client, [task]);
    else tasks.push(task);
    this.#size++;
  }

  /** Ahead of everything else of its lane: it has had its turn, and lost it through no fault of its own. */
  addFirst(task: Task): void {
    const lane = this.#lanes[laneOf(task)];
    const others = [...lane].filter(([client]) => client !== task.client);
    const tasks = [task, ...(lane.get(task.client) ?? [])];
    lane.clear();
    lane.set(task.client, tasks);
    for (const [client, waiting] of others) lane.set(client, waiting);
    this.#size++;
  }

  /** Takes the next that can be planned now. */
  take(canPlan: (task: Task) => boolean): Task | undefined {
    const order: readonly Lane[] =
      this.#takenBeforeLong < maxBeforeLong ? ['familiar', 'fresh', 'long'] : ['long', 'familiar', 'fresh'];
    for (const name of order) {
      const task = this.#takeFrom(this.#lanes[name], canPlan);
      if (task === undefined) continue;
      this.#takenBeforeLong = name === 'long' || this.#lanes.long.size === 0 ? 0 : this.#takenBeforeLong + 1;
      return task;
    }
    return undefined;
  }

  #takeFrom(lane: Map<string, Task[]>, canPlan: (task: Task) => boolean): Task | undefined {
    for (const [client, tasks] of lane) {
      const index = tasks.findIndex(canPlan);
      if (index === -1) continue;
      const [task] = tasks.splice(index, 1);
      // To the end of the turns.
      lane.delete(client);
      if (tasks.length > 0) lane.set(client, tasks);
      this.#size--;
      return task;
    }
    return undefined;
  }

  /** Removes the last of the client that has most waiting. */
  dropFromLongest(): Task | undefined {
    const counts = new Map<string, number>();
    for (const lane of Object.values(this.#lanes)) {
      for (const [client, tasks] of lane) counts.set(client, (counts.get(client) ?? 0) + tasks.length);
    }
    const [longest] = [...counts].sort(([, a], [, b]) => b - a);
    if (longest === undefined) return undefined;
    for (const name of ['long', 'fresh', 'familiar'] as const) {
      const lane = this.#lanes[name];
      const task = lane.get(longest[0])?.pop();
      if (task === undefined) continue;
      if (lane.get(longest[0])?.length === 0) lane.delete(longest[0]);
      this.#size--;
      return task;
    }
    return undefined;
  }

  /** Removes all that `isMeant` says, in their order. */
  remove(isMeant: (task: Task) => boolean): readonly Task[] {
    const removed: Task[] = [];
    for (const lane of Object.values(this.#lanes)) {
      for (const [client, tasks] of lane) {
        const left: Task[] = [];
        for (const task of tasks) (isMeant(task) ? removed : left).push(task);
        if (left.length > 0) lane.set(client, left);
        else lane.delete(client);
      }
    }
    this.#size -= removed.length;
    return removed;
  }
}

function laneOf({ isLong, isFamiliar }: Queued): Lane {
  if (isLong) return 'long';
  return isFamiliar ? 'familiar' : 'fresh';
}
