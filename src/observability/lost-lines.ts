/** Log lines that this thread lost since its start, by what they were for; for metrics. */
export const lostLines: { output: number; file: number } = { output: 0, file: 0 };
