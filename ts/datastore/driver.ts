/**
 * What a DataStore stands on: queues and a cache of texts. Arguments are checked and values are text by the time they come here, and times are in
 * milliseconds. The suite in `tests/datastore` holds every driver to the same semantics.
 *
 * @module
 */
import type { Milliseconds, Timestamp } from "../store/types/index.js";

/** An item as it was reserved. */
export interface ReservedText {
  /** Names the reservation. */
  readonly id: string;
  /** The payload. */
  readonly text: string;
  /** When it lapses. */
  readonly deadline: Timestamp;
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
}

/** How long a call waits for an item: 0 not at all, `undefined` for ever. */
export type Wait = Milliseconds | undefined;

/** Queues and a cache of texts. */
export interface Driver {
  /** Adds an item at the end and gives the length; refuses with `QUOTA_EXCEEDED` what would exceed `maxLength`. */
  push(queue: string, text: string, maxLength: number | undefined): Promise<number>;
  /** How many items wait. */
  length(queue: string): Promise<number>;
  /** Takes the first item. */
  pop(queue: string, wait: Wait): Promise<string | null>;
  /** Takes the first item for a while. */
  reserve(queue: string, visibility: Milliseconds, wait: Wait): Promise<ReservedText | null>;
  /** Ends a reservation: the item has been dealt with. `false` when it had lapsed. */
  acknowledge(queue: string, id: string): Promise<boolean>;
  /** Ends a reservation and puts the item back at the front. `false` when it had lapsed. */
  giveBack(queue: string, id: string): Promise<boolean>;
  /** As `giveBack`, and the delivery does not count. */
  release(queue: string, id: string): Promise<boolean>;
  /** Ends a reservation and adds the item at the end of another queue, in one step. `false` when it had lapsed. */
  reject(queue: string, id: string, to: string): Promise<boolean>;
  /** Gives a reservation a new deadline; `null` when it had lapsed. */
  renew(queue: string, id: string, visibility: Milliseconds): Promise<Timestamp | null>;
  /** Sets a value of the cache, and its life. */
  write(key: string, text: string, life: Milliseconds | undefined): Promise<void>;
  /** A value of the cache. */
  read(key: string): Promise<string | null>;
  /** Removes a value of the cache; whether it was there. */
  remove(key: string): Promise<boolean>;
  /** Whether a value of the cache is there. */
  exists(key: string): Promise<boolean>;
  /** Connects, unless it is connected. */
  connect(): Promise<void>;
  /** Lets calls under way end, wakes waiting ones with `CLOSED`, and disconnects; the next call connects again. */
  disconnect(): Promise<void>;
  /** As `disconnect`, and later calls are refused with `CLOSED`. */
  close(): Promise<void>;
}
