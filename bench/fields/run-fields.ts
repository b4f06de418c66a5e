export async function runFields(_words: readonly string[]): Promise<void> {}
