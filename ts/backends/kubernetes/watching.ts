/**
 * Watches the object of a store: each state that it takes on is learnt, and who asked is told that there may be news.
 *
 * A watch goes on from the last resource version that it has seen, bookmarks included, when the server ends it, as it does every few minutes. When the
 * server no longer knows that version (`410`), the object is read and watched from its present state on; what happened between is in its log, or the log does not
 * reach back, which is for the follower to find. A watch that fails ends, and the follower with it.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import { utf8Length } from "../local/texts.js";
import type { ObjectAccess } from "./access.js";
import type { Connection } from "./connection.js";
import { failureOf } from "./failures.js";
import type { KubernetesObject } from "./layout.js";

/** A line of a watch. */
interface Event {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubernetesObject & { readonly code?: number };
}

/** A watch that ends sooner has failed. */
const shortest: Milliseconds = 1_000;

/** The watch of one object. */
export class ObjectWatch {
  readonly #connection: Connection;
  readonly #access: ObjectAccess;
  readonly #seconds: number;
  readonly #onNews: () => void;
  readonly #stopping = new AbortController();
  #failure: { readonly error: unknown } | undefined;

  /**
   * Begins to watch; `onNews` is called whenever the object may have changed, and when the watch has failed.
   *
   * @param seconds - how long the server is asked to keep it at least; a quarter more at most, so that not all begin anew together
   */
  constructor(connection: Connection, access: ObjectAccess, seconds: number, onNews: () => void) {
    this.#connection = connection;
    this.#access = access;
    this.#seconds = seconds;
    this.#onNews = onNews;
    const end = access.beginWatch();
    this.#run()
      .catch((error: unknown) => {
        this.#failure = { error };
        if (!this.#stopping.signal.aborted) onNews();
      })
      .finally(end);
  }

  /** Why it has failed, when it has. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Ends it. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    // What has happened since that state is told from there on.
    let from = this.#access.version;
    while (!this.#stopping.signal.aborted) {
      const goesOn = from !== undefined;
      if (!goesOn) {
        const read = await this.#access.reread();
        this.#onNews();
        // There is none: for who follows, that is a gap. It will load anew, which makes one.
        if (read === undefined) return;
      }
      const began = performance.now();
      from = await this.#watch(from);
      // Who asks again decides when; a server, or what stands before it, that ends each watch at once must not be asked in a circle.
      const isCircle = from !== undefined || !goesOn;
      if (isCircle && performance.now() - began < shortest) throw new HoldallError("UNAVAILABLE", "A watch ended at once");
    }
  }

  /**
   * Watches until the server ends it; gives the version to go on from, where there is one.
   *
   * @param from - the version to go on from. The object's own is tried first; where that was long ago the server has forgotten what came then, and there is
   *   none: the watch begins with the present state, which is told first.
   */
  async #watch(from: string | undefined): Promise<string | undefined> {
    const selected = `fieldSelector=${encodeURIComponent(`metadata.name=${this.#access.name}`)}`;
    const seconds = Math.round(this.#seconds * (1 + Math.random() / 4));
    const place = from === undefined ? "" : `&resourceVersion=${from}`;
    const options = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}${place}`;
    let version = from;
    const path = `${this.#access.collection}?${selected}&${options}`;
    for await (const answer of this.#connection.lines(path, seconds * 1_000, this.#stopping.signal)) {
      if (answer.status === 410) return undefined;
      if (answer.status !== 200) throw failureOf(answer, this.#access.layout.kind);
      const { type, object } = JSON.parse(answer.text) as Event;
      if (type === "ERROR") {
        if (object.code === 410) return undefined;
        throw failureOf({ status: object.code ?? 500, text: JSON.stringify(object) }, this.#access.layout.kind);
      }
      version = object.metadata.resourceVersion;
      if (type === "BOOKMARK") continue;
      if (type === "DELETED") this.#access.learnDeletion(object.metadata.uid);
      else this.#access.learn(object, utf8Length(answer.text));
      this.#onNews();
    }
    return version;
  }
}
