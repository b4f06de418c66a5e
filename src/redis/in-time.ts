/**
 * The reply of a command. A thread that was busy reads what has arrived before it gives up.
 * @throws Error where it takes longer
 */
export async function inTime<Reply>(command: Promise<Reply>, timeoutMs: number): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => reject(new Error(`it took longer than ${timeoutMs} ms`));
    timer = setTimeout(() => setImmediate(() => setImmediate(giveUp)), timeoutMs);
  });
  try {
    return await Promise.race([command, late]);
  } finally {
    clearTimeout(timer);
  }
}
