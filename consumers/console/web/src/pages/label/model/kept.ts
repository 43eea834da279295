/** What a storage did not take, by prefix: whoever reads a prefix in this window finds it. */
const MEMORIES = new WeakMap<Storage, Map<string, Map<string, unknown>>>();

function memoryOf(storage: Storage, prefix: string): Map<string, unknown> {
  const memories = MEMORIES.get(storage) ?? new Map<string, Map<string, unknown>>();
  MEMORIES.set(storage, memories);
  const memory = memories.get(prefix) ?? new Map<string, unknown>();
  memories.set(prefix, memory);
  return memory;
}

/** Entries under one prefix of the browser's storage; where it is full or switched off, memory holds them until the page goes. */
export class Kept<T> {
  private readonly memory: Map<string, T>;

  constructor(
    private readonly prefix: string,
    private readonly storage: Storage = localStorage,
  ) {
    this.memory = memoryOf(storage, prefix) as Map<string, T>; // one prefix keeps one kind of entry
  }

  set(name: string, value: T): void {
    this.memory.set(name, value);
    try {
      this.storage.setItem(this.prefix + name, JSON.stringify(value));
      this.memory.delete(name);
    } catch (error) {
      console.warn("the browser's storage takes no more: kept in memory only", error);
    }
  }

  get(name: string): T | null {
    const held = this.memory.get(name);
    if (held !== undefined) return held;
    const text = this.storage.getItem(this.prefix + name);
    if (text === null) return null;
    try {
      return JSON.parse(text) as T; // only `set` writes under this prefix
    } catch {
      this.storage.removeItem(this.prefix + name);
      return null;
    }
  }

  remove(name: string): void {
    this.memory.delete(name);
    this.storage.removeItem(this.prefix + name);
  }

  /** Names in their order, whichever window wrote them. */
  names(): string[] {
    const names = new Set(this.memory.keys());
    for (let index = 0; index < this.storage.length; index += 1) {
      const key = this.storage.key(index);
      if (key?.startsWith(this.prefix)) names.add(key.slice(this.prefix.length));
    }
    return [...names].sort();
  }
}
