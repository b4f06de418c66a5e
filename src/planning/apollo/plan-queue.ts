/**
 * A fair queue of operations to be planned. Clients take turns, however many operations each has; an operation that has
 * been planned before precedes new ones; and an operation whose first, brief search was not enough follows all that have
 * not had theirs. When the queue is full, the client with most operations loses its last one.
 */
export interface Queued {
  readonly supergraph: string;
  /** The client that requested it; clients take turns. */
  readonly client: string;
  /** Whether the same operation has been planned before. */
  readonly isFamiliar: boolean;
  /** Whether its brief search was not enough. */
  readonly isLong: boolean;
}

type Lane = 'familiar' | 'fresh' | 'long';

/** How many other tasks may be dequeued in a row while a long one waits. */
const maxBeforeLong = 20;

export class PlanQueue<Task extends Queued> {
  readonly #lanes: Readonly<Record<Lane, Map<string, Task[]>>> = {
    familiar: new Map(),
    fresh: new Map(),
    long: new Map(),
  };
  #size = 0;
  #dequeuedBeforeLong = 0;

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

  /** Adds a task at the head of its lane: its process ended while planning it. */
  addFirst(task: Task): void {
    const lane = this.#lanes[laneOf(task)];
    const otherClients = [...lane].filter(([client]) => client !== task.client);
    const tasks = [task, ...(lane.get(task.client) ?? [])];
    lane.clear();
    lane.set(task.client, tasks);
    for (const [client, waiting] of otherClients) lane.set(client, waiting);
    this.#size++;
  }

  /** Removes and returns the next task that can be planned now. */
  dequeue(canPlan: (task: Task) => boolean): Task | undefined {
    const order: readonly Lane[] =
      this.#dequeuedBeforeLong < maxBeforeLong ? ['familiar', 'fresh', 'long'] : ['long', 'familiar', 'fresh'];
    for (const name of order) {
      const task = this.#dequeueFrom(this.#lanes[name], canPlan);
      if (task === undefined) continue;
      this.#dequeuedBeforeLong = name === 'long' || this.#lanes.long.size === 0 ? 0 : this.#dequeuedBeforeLong + 1;
      return task;
    }
    return undefined;
  }

  #dequeueFrom(lane: Map<string, Task[]>, canPlan: (task: Task) => boolean): Task | undefined {
    for (const [client, tasks] of lane) {
      const index = tasks.findIndex(canPlan);
      if (index === -1) continue;
      const [task] = tasks.splice(index, 1);
      // The client's next turn comes after all other clients.
      lane.delete(client);
      if (tasks.length > 0) lane.set(client, tasks);
      this.#size--;
      return task;
    }
    return undefined;
  }

  /** Removes the last task of the client that has most tasks. */
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

  /** Removes all tasks that match, in their order. */
  remove(matches: (task: Task) => boolean): readonly Task[] {
    const removed: Task[] = [];
    for (const lane of Object.values(this.#lanes)) {
      for (const [client, tasks] of lane) {
        const remaining: Task[] = [];
        for (const task of tasks) (matches(task) ? removed : remaining).push(task);
        if (remaining.length > 0) lane.set(client, remaining);
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
