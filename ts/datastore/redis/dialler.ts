/**
 * Makes connections, again and again until one is there or the time is over. Attempts keep a distance that doubles with each failure, over all that
 * try, so that a server which comes back is not run down.
 *
 * @module
 */
import { importRedisClient } from "../../clients/ioredis.js";
import type { Milliseconds } from "../../store/types/index.js";
import type { Ending } from "./ending.js";
import { isFinal, unreachable } from "./failures.js";
import { Link } from "./link.js";

/** The distance after the first failure, and the longest. */
const shortestPause: Milliseconds = 25;
const longestPause: Milliseconds = 2_000;

/** Makes connections to one server. */
export class Dialler {
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #ending: Ending;
  #failures = 0;
  #notBefore = 0;

  /** @param ending - ends all attempts with `CLOSED` */
  constructor(options: Readonly<Record<string, unknown>>, ending: Ending) {
    this.#options = options;
    this.#ending = ending;
  }

  /**
   * A connection.
   *
   * @param by - until when to try, as `performance.now()` gives it
   * @throws `UNAVAILABLE` when there is none by then, or the server refuses us; `CLIENT_MISSING`; `CLOSED`.
   */
  async dial(by: number): Promise<Link> {
    const module = await importRedisClient();
    let failure: unknown = new Error("no attempt was due in time");
    for (;;) {
      const now = performance.now();
      if (now >= by) throw unreachable(failure);
      if (this.#notBefore > now) {
        await this.#ending.pause(Math.min(this.#notBefore, by) - now);
        continue;
      }
      try {
        return await this.#attempt(Link.open(module, this.#options, Math.max(Math.ceil(by - now), 1)));
      } catch (error) {
        this.#ending.check();
        if (isFinal(error)) throw unreachable(error);
        failure = error;
        this.#failures += 1;
        // Half of it by chance, so that those who lost a server together do not come back together.
        const distance = Math.min(shortestPause * 2 ** (this.#failures - 1), longestPause);
        this.#notBefore = performance.now() + distance * (0.5 + Math.random() / 2);
      }
    }
  }

  async #attempt(opening: Promise<Link>): Promise<Link> {
    try {
      const link = await this.#ending.unless(opening);
      this.#failures = 0;
      return link;
    } catch (error) {
      // A connection that comes after the end is nobody's.
      opening.then(
        (link) => link.close(),
        () => {},
      );
      throw error;
    }
  }
}
