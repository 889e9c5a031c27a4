import { useSyncExternalStore } from "react";

/** A value and whoever wants to know when it changes. With a key it outlives a reload of this browser tab. */
export class Store<Value> {
  readonly #key: string | undefined;
  readonly #listeners = new Set<() => void>();
  #value: Value;

  constructor(initial: Value, key?: string) {
    this.#key = key;
    this.#value = (key === undefined ? null : restored<Value>(key)) ?? initial;
  }

  readonly get = (): Value => this.#value;

  readonly set = (value: Value): void => {
    this.#value = value;
    if (this.#key !== undefined) sessionStorage.setItem(this.#key, JSON.stringify(value));
    for (const listener of this.#listeners) listener();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get);
}

function restored<Value>(key: string): Value | null {
  const text = sessionStorage.getItem(key);
  if (text === null) return null;
  try {
    return JSON.parse(text) as Value;
  } catch {
    sessionStorage.removeItem(key);
    return null;
  }
}
