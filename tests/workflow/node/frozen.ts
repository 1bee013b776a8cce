/**
 * A backend between a replica and another, whose replicas lag behind as long as a test wants them to.
 *
 * @module
 */
import type { Backend, BackendStore } from "../../../ts/backends/backend.js";
import { wrapStore } from "../../backends/wrapping.js";

/** A backend that can be frozen: what it has to tell then comes when it is asked how far the store is, or somebody needs it. */
export class Frozen implements Backend {
  readonly kind = "frozen";
  readonly #behind: Backend;
  /** The names of the stores that were opened. */
  readonly opened: string[] = [];
  #untold: (() => void)[] | undefined;

  constructor(behind: Backend) {
    this.#behind = behind;
  }

  get capabilities() {
    return this.#behind.capabilities;
  }

  /** Tells nothing from now on. */
  freeze(): void {
    this.#untold = [];
  }

  async open(request: Parameters<Backend["open"]>[0]): Promise<BackendStore> {
    this.opened.push(request.name);
    const store = await this.#behind.open(request);
    return wrapStore(store, {
      follow: (after, sink) => {
        const following = store.follow(after, {
          ...sink,
          commits: (...told) => (this.#untold === undefined ? sink.commits(...told) : void this.#untold.push(() => sink.commits(...told))),
        });
        return {
          nudge: () => {
            this.#thaw();
            following.nudge();
          },
          stop: () => following.stop(),
        };
      },
      head: () => {
        this.#thaw();
        return store.head();
      },
    });
  }

  remove(removal: Parameters<Backend["remove"]>[0]): Promise<boolean> {
    return this.#behind.remove(removal);
  }

  close(): Promise<void> {
    return this.#behind.close();
  }

  #thaw(): void {
    const untold = this.#untold ?? [];
    this.#untold = undefined;
    for (const tell of untold) tell();
  }
}
