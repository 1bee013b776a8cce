/**
 * What goes out of a replica: one commit at a time, sent until it is decided.
 *
 * @module
 */

import type { Timestamp } from "../store/types/index.js";
import { isClosed } from "./closing.js";
import { Request } from "./request.js";
import type { Room } from "./room.js";
import type { ReplicaState } from "./waiters.js";

/** Sends the commits of one replica. */
export class Sender {
  readonly #room: Room;
  #alarm: unknown;
  #isPlanned = false;
  #isPumping = false;
  #pumped: Promise<void> = Promise.resolve();
  #sent = 0;
  #hasUnsent = false;
  #isOut = false;

  constructor(room: Room) {
    this.#room = room;
  }

  /** The last counter that was sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether there may be commits that are not sent. */
  get hasUnsent(): boolean {
    return this.#hasUnsent;
  }

  /** Whether a commit is out that is not decided. */
  get isOut(): boolean {
    return this.#isOut;
  }

  /** Is done when nothing is out. */
  get pumped(): Promise<void> {
    return this.#pumped;
  }

  /** Takes note of the last counter, after something else than a write. */
  note({ counter }: ReplicaState): void {
    this.#hasUnsent = counter > this.#sent && !this.#room.isDecided(counter);
  }

  /** There may be something to send: at the end of this turn, so that what is written in it goes as one. */
  wake(): void {
    this.#hasUnsent = true;
    if (this.#isPlanned || this.#isPumping || this.#room.hasEnded || !this.#room.store.isWritable) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      if (!this.#isPumping) this.#pumped = this.#pump();
    });
  }

  /** Sends nothing more when nothing happens. */
  stop(): void {
    this.#room.clock.clearTimer(this.#alarm);
    this.#alarm = undefined;
  }

  /** Sends one commit after the other, as long as there are some. */
  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      for (let request = this.#next(); request !== undefined; request = this.#next()) {
        await this.#send(request);
      }
    } catch (error) {
      this.#room.fail(error);
    } finally {
      this.#isPumping = false;
    }
  }

  #next(): Request | undefined {
    if (this.#room.hasEnded || this.#room.isDown) return undefined;
    const { core, replica } = this.#room;
    const now = core.begin();
    const hasNext = core.run(() => core.raw.nextRequest(now));
    const request = hasNext ? Request.read(replica, core.exchange.readBytes()) : undefined;
    if (request !== undefined) this.#sent = request.counter;
    const { wakeAt } = this.#room.collect();
    if (request === undefined) this.#sleep(now, wakeAt);
    return request;
  }

  /** Wakes up when the engine wants to be asked although nothing happens. */
  #sleep(now: Timestamp, wakeAt: Timestamp): void {
    if (wakeAt === Number.POSITIVE_INFINITY || this.#alarm !== undefined) return;
    const ring = () => {
      this.#alarm = undefined;
      this.wake();
    };
    this.#alarm = this.#room.clock.setTimer(ring, Math.max(wakeAt - now, 1));
  }

  async #send(first: Request): Promise<void> {
    const room = this.#room;
    this.#isOut = true;
    let request = first;
    const { replacements } = room.heard;
    const isDecision = first.conditions.length > 0 || first.ranges.length > 0;
    for (let tries = 0; !room.hasEnded; tries++) {
      const sent = room.clock.now();
      try {
        room.heard.require(room.store.header.id);
        const { replacements: known } = room.heard;
        const answer = await room.store.commit(request);
        room.recover();
        // What a store said that has been replaced meanwhile holds of nothing any more, and its number would be taken for one of the other.
        room.decide(request.counter, room.heard.replacements === known ? answer : { type: "unknown" }, sent);
        // In this very turn: an engine that fails in the next one must not wait for another answer.
        this.#isOut = false;
        return;
      } catch (error) {
        if (room.hasEnded) return;
        if (isClosed(error)) return room.end(error);
        room.health.trouble(error);
        request = request.again();
        await room.pause(tries);
        // What it was decided upon was of the former store: the engine, where there is one, has given it up.
        if (!isDecision || room.heard.replacements === replacements) continue;
        if (room.isDown) room.decide(request.counter, { type: "unknown" }, sent);
        this.#isOut = false;
        return;
      }
    }
  }
}
