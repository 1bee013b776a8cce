/**
 * One queue in memory: what waits in it, what is reserved, and who waits for items.
 *
 * Always holds: somebody waits only while nothing can be taken, so an item that comes goes to who waits longest; while somebody waits, a timer
 * stands for the reservation that lapses first.
 *
 * @module
 */
import { after } from "../../clock.js";
import type { Clock, Milliseconds, Timestamp } from "../../store/types/index.js";
import type { ReservedText, Wait } from "../driver.js";
import { Line, type LineItem } from "./line.js";

/** Somebody who waits for an item. */
interface Waiter {
  take(item: LineItem): void;
  refuse(reason: unknown): void;
}

/** One queue. */
export class MemoryQueue {
  readonly #clock: Clock;
  readonly #onIdle: () => void;
  readonly #line = new Line();
  readonly #reserved = new Map<string, ReservedText>();
  readonly #waiters = new Set<Waiter>();
  /** No reservation lapses before. */
  #earliest: Timestamp = Number.POSITIVE_INFINITY;
  #stopTimer: (() => void) | undefined;

  /** @param onIdle - told when the queue holds nothing that would be missed */
  constructor(clock: Clock, onIdle: () => void) {
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  /** How many items wait. */
  get length(): number {
    return this.#line.length;
  }

  /** Adds an item at the end. */
  push(text: string): void {
    this.#line.join(text);
    this.#serve();
  }

  /** Takes the first item. */
  pop(wait: Wait): Promise<string | null> {
    return this.#take(wait, ({ text }) => text);
  }

  /** Takes the first item for a while. */
  reserve(id: string, visibility: Milliseconds, wait: Wait): Promise<ReservedText | null> {
    return this.#take(wait, ({ text, delivered }) => {
      const reserved = { id, text, deadline: this.#clock.now() + visibility, deliveries: delivered + 1 };
      this.#keep(reserved);
      return reserved;
    });
  }

  /** Ends a reservation, and gives the text that goes with it; `undefined` when it had lapsed. */
  remove(id: string): string | undefined {
    const reserved = this.#end(id);
    this.#rest();
    return reserved?.text;
  }

  /** Ends a reservation and puts the item back. */
  giveBack(id: string): boolean {
    return this.#comeBack(this.#end(id), ({ deliveries }) => deliveries);
  }

  /** As `giveBack`, and the delivery does not count. */
  release(id: string): boolean {
    return this.#comeBack(this.#end(id), ({ deliveries }) => deliveries - 1);
  }

  /** Gives a reservation a new deadline. */
  renew(id: string, visibility: Milliseconds): Timestamp | null {
    const reserved = this.#end(id);
    const deadline = this.#clock.now() + visibility;
    if (reserved !== undefined) this.#keep({ ...reserved, deadline });
    this.#rest();
    return reserved === undefined ? null : deadline;
  }

  /** Refuses all who wait. */
  refuse(reason: unknown): void {
    for (const waiter of [...this.#waiters]) waiter.refuse(reason);
  }

  #comeBack(reserved: ReservedText | undefined, delivered: (reserved: ReservedText) => number): boolean {
    if (reserved !== undefined) this.#line.comeBack({ text: reserved.text, delivered: delivered(reserved) });
    this.#serve();
    this.#rest();
    return reserved !== undefined;
  }

  async #take<T>(wait: Wait, claim: (item: LineItem) => T): Promise<T | null> {
    this.#restore();
    const item = this.#line.leave();
    if (item !== undefined || wait === 0) {
      const taken = item === undefined ? null : claim(item);
      this.#rest();
      return taken;
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.delete(waiter);
        stop?.();
        this.#rest();
      };
      const waiter: Waiter = {
        take(first) {
          resolve(claim(first));
          leave();
        },
        refuse(reason) {
          reject(reason);
          leave();
        },
      };
      const giveUp = () => {
        resolve(null);
        leave();
      };
      const stop = wait === undefined ? undefined : after(this.#clock, wait, giveUp);
      this.#waiters.add(waiter);
      this.#arm();
    });
  }

  /** Gives items to those who wait. */
  #serve(): void {
    for (const waiter of this.#waiters) {
      const item = this.#line.leave();
      if (item === undefined) return;
      waiter.take(item);
    }
  }

  #keep(reserved: ReservedText): void {
    this.#reserved.set(reserved.id, reserved);
    this.#earliest = Math.min(this.#earliest, reserved.deadline);
    this.#arm();
  }

  /** Ends a reservation that has not lapsed. The caller says where its item goes, and lets the queue rest after that. */
  #end(id: string): ReservedText | undefined {
    const reserved = this.#reserved.get(id);
    if (reserved === undefined || reserved.deadline <= this.#clock.now()) return undefined;
    this.#reserved.delete(id);
    return reserved;
  }

  /** Puts the items of reservations that have lapsed back to the front, the one that lapsed first foremost. */
  #restore(): void {
    const now = this.#clock.now();
    if (now < this.#earliest) return;
    const lapsed = [...this.#reserved.values()]
      .filter(({ deadline }) => deadline <= now)
      .sort((one, other) => one.deadline - other.deadline);
    for (const { id, text, deliveries } of lapsed.reverse()) {
      this.#reserved.delete(id);
      this.#line.comeBack({ text, delivered: deliveries });
    }
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const { deadline } of this.#reserved.values()) this.#earliest = Math.min(this.#earliest, deadline);
  }

  /** Sets the timer for the next reservation that lapses, while somebody waits. */
  #arm(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    if (this.#waiters.size === 0 || this.#earliest === Number.POSITIVE_INFINITY) return;
    this.#stopTimer = after(this.#clock, this.#earliest - this.#clock.now(), () => {
      this.#restore();
      this.#serve();
      this.#arm();
    });
  }

  /** Lets go of what is not needed any more. */
  #rest(): void {
    if (this.#waiters.size > 0) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    if (this.#line.length === 0 && this.#reserved.size === 0) this.#onIdle();
  }
}
