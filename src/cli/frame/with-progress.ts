/** Says on stderr what is being done and for how long, where a person looks at it and it takes over a second. */
export async function withProgress<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
  const { isTTY, columns = 80 } = process.stderr;
  if (!isTTY || process.env.CI !== undefined || process.env.TERM === 'dumb') return work();
  let seconds = 0;
  const timer = setInterval(() => {
    seconds++;
    process.stderr.write(`${lineStart}${`${doing} … ${seconds} s`.slice(0, columns - 1)}`);
  }, 1_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (seconds > 0) process.stderr.write(lineStart);
  }
}

/** Of an empty line. */
const lineStart = '\r\u001b[2K';
