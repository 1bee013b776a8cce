/**
 * Whether code runs within a call, or is what became of it: behind an `await`, in a helper. The platform knows, where it has Node's
 * `AsyncLocalStorage` (Node, Deno, Bun, workerd with its Node modules; asked for at run time, so that a bundle for pages names no
 * built-in); elsewhere only what runs before the call returns is known.
 *
 * @module
 */

/** As much as is used of Node's. */
interface Storage {
  run<T>(mark: true, call: () => T): T;
  getStore(): true | undefined;
  disable(): void;
}

interface Platform {
  readonly process?: {
    getBuiltinModule?(name: string): { readonly AsyncLocalStorage: new () => Storage } | undefined;
  };
}

/** Knows what runs within the calls that it makes. */
export class Within {
  #storage: Storage | undefined;
  #depth = 0;

  /** Makes a call. */
  run<T>(call: () => T): T {
    const hooks = (globalThis as Platform).process?.getBuiltinModule?.("async_hooks");
    if (hooks !== undefined) this.#storage ??= new hooks.AsyncLocalStorage();
    this.#depth += 1;
    try {
      return this.#storage === undefined ? call() : this.#storage.run(true, call);
    } finally {
      this.#depth -= 1;
    }
  }

  /** Whether the caller runs within such a call. */
  get isHere(): boolean {
    return this.#depth > 0 || this.#storage?.getStore() !== undefined;
  }

  /** All that became of the calls has ended: gives up knowing, which slows every promise of a process where Node is not new. */
  end(): void {
    this.#storage?.disable();
    this.#storage = undefined;
  }
}
