const prefix = 'isthmus:';

/**
 * The browser's own storage under a prefix of ours: other tools that were served from the same origin (localhost:4000
 * is a busy place) keep GraphiQL's tabs under the same names. `null`, which GraphiQL reads as "remember nothing",
 * where the browser refuses storage.
 */
export function pageStorage() {
  let storage: Storage;
  try {
    storage = window.localStorage;
  } catch {
    return null;
  }
  const ownKeys = () => Object.keys(storage).filter((key) => key.startsWith(prefix));
  return {
    getItem: (key: string) => storage.getItem(prefix + key),
    setItem: (key: string, value: string) => storage.setItem(prefix + key, value),
    removeItem: (key: string) => storage.removeItem(prefix + key),
    clear: () => {
      for (const key of ownKeys()) storage.removeItem(key);
    },
    get length() {
      return ownKeys().length;
    },
  };
}
