/**
 * The connections that calls wait on: so many at most, lent to one call at a time, in the order of asking.
 *
 * @module
 */
import type { Milliseconds } from "../../store/types/index.js";
import { closed } from "../refusals.js";
import type { Ending } from "./ending.js";
import type { Link } from "./link.js";

/** Gets a connection, or the right to make one; `undefined` when its time ran out. */
type Asker = (given: Link | "room" | undefined) => void;

/** The longest time that a timer takes. */
const longestTimer: Milliseconds = 2 ** 31 - 1;

/** Connections to wait on. */
export class Pool {
  readonly #size: number;
  readonly #dial: () => Promise<Link>;
  readonly #ending: Ending;
  readonly #idle: Link[] = [];
  readonly #askers = new Set<Asker>();
  /** Connections that are there or being made. */
  #count = 0;

  /** @param ending - ends all asking with `CLOSED` */
  constructor(size: number, dial: () => Promise<Link>, ending: Ending) {
    this.#size = size;
    this.#dial = dial;
    this.#ending = ending;
  }

  /**
   * A connection of one's own, to be given back; `undefined` when none became free, or came about, in time.
   *
   * @param by - until when to wait for one, as `performance.now()` gives it
   */
  async borrow(by: number): Promise<Link | undefined> {
    for (let link = this.#idle.pop(); link !== undefined; link = this.#idle.pop()) {
      if (link.isOpen) return link;
      this.#count -= 1;
    }
    let given: Link | "room" | undefined = "room";
    if (this.#count < this.#size) this.#count += 1;
    else given = await this.#ask(by);
    return given === "room" ? this.#make(by) : given;
  }

  /** Makes a connection; one that comes too late for who asked is for the next. */
  async #make(by: number): Promise<Link | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLate = false;
    const left = by - performance.now();
    const late = new Promise<undefined>((resolve) => {
      const giveUp = () => {
        isLate = true;
        resolve(undefined);
      };
      if (left < longestTimer) timer = setTimeout(giveUp, left);
    });
    const dialling = this.#dial().then(
      (link) => {
        if (!isLate) return link;
        if (this.#ending.hasCome) link.close();
        this.giveBack(link);
        return undefined;
      },
      (error) => {
        this.#makeRoom();
        if (!isLate) throw error;
        return undefined;
      },
    );
    try {
      return await Promise.race([dialling, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes a connection back. */
  giveBack(link: Link): void {
    if (!link.isOpen) {
      this.#makeRoom();
      return;
    }
    const [next] = this.#askers;
    if (next === undefined) this.#idle.push(link);
    else next(link);
  }

  /** Ends the connections that nobody has. */
  close(): void {
    for (const link of this.#idle.splice(0)) link.close();
  }

  #makeRoom(): void {
    const [next] = this.#askers;
    if (next === undefined) this.#count -= 1;
    else next("room");
  }

  #ask(by: number): Promise<Link | "room" | undefined> {
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const leave = () => {
        this.#askers.delete(asker);
        forget();
        clearTimeout(timer);
      };
      const asker: Asker = (given) => {
        leave();
        resolve(given);
      };
      const forget = this.#ending.listen(() => {
        leave();
        reject(closed());
      });
      const watch = () => {
        const left = by - performance.now();
        if (left <= 0) asker(undefined);
        else if (Number.isFinite(left)) timer = setTimeout(watch, Math.min(left, longestTimer));
      };
      this.#askers.add(asker);
      watch();
    });
  }
}
