/**
 * A backend before another which fails now and then: commits do not arrive, answers get lost, loadings break off, and all takes some time.
 *
 * What it does is drawn from numbers of its own, so that it is the same for the same seed.
 *
 * @module
 */
import type {
  Backend,
  BackendStore,
  Capabilities,
  CommitAnswer,
  CommitRequest,
  Loading,
  OpenRequest,
} from "../../../ts/backends/backend.js";
import { HoldallError } from "../../../ts/index.js";
import { wrapStore } from "../wrapping.js";

/** What a flaky backend does besides losing commits and answers. */
export interface Flaws {
  /** How likely a loading fails. Default 0. */
  readonly loading?: number;
  /** Whether a commit is refused with `QUOTA_EXCEEDED`. Default: none is. */
  readonly refuses?: (commit: CommitRequest) => boolean;
}

/** How likely a commit does not arrive, and how likely its answer is lost. */
const loss = 0.05;

/** The backend that fails now and then. */
export class Flaky implements Backend {
  readonly kind = "flaky";
  readonly capabilities: Capabilities;
  readonly #behind: Backend;
  readonly #random: () => number;
  readonly #flaws: Flaws;
  readonly remove: Backend["remove"];

  constructor(behind: Backend, random: () => number, flaws: Flaws = {}) {
    this.capabilities = behind.capabilities;
    this.#behind = behind;
    this.#random = random;
    this.#flaws = flaws;
    this.remove = (removal) => behind.remove(removal);
  }

  async open(request: OpenRequest): Promise<BackendStore> {
    const store = await this.#behind.open(request);
    return wrapStore(store, {
      load: () => this.#load(store),
      commit: (commit) => this.#commit(store, commit),
    });
  }

  close(): Promise<void> {
    return this.#behind.close();
  }

  async #load(store: BackendStore): Promise<Loading> {
    await this.#someTime();
    if (this.#random() < (this.#flaws.loading ?? 0)) throw new HoldallError("UNAVAILABLE", "It cannot be loaded");
    const { head, parts } = await store.load();
    return { head, parts: this.#parts(parts) };
  }

  /** Entries that take their time, so that they are newer than the head. */
  async *#parts(parts: Loading["parts"]): Loading["parts"] {
    await this.#someTime();
    for await (const part of parts) {
      yield part;
      await this.#someTime();
    }
  }

  async #commit(store: BackendStore, commit: CommitRequest): Promise<CommitAnswer> {
    await this.#someTime();
    if (this.#random() < loss) throw new HoldallError("UNAVAILABLE", "It did not arrive");
    if (this.#flaws.refuses?.(commit)) return { type: "refused", code: "QUOTA_EXCEEDED", message: "It is bad" };
    const answer = await store.commit(commit);
    await this.#someTime();
    if (this.#random() < loss) throw new HoldallError("UNAVAILABLE", "The answer is lost");
    return answer;
  }

  async #someTime(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 3); turns > 0; turns--) await new Promise((resolve) => setTimeout(resolve));
  }
}
