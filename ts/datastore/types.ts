/**
 * The types of the DataStore: its options, what its methods take and give.
 *
 * @module
 */
import type { Clock, Milliseconds, Timestamp } from "../store/types/index.js";

/** A span of time in seconds; fractions count. */
export type Seconds = number;

/** What a DataStore keeps: plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** Options of a DataStore on Redis. Everything is optional. */
export interface DataStoreOptions {
  /** Where the server is. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Its port. Default 6379. */
  readonly port?: number | undefined;
  /** The number of the database. Default 0. */
  readonly db?: number | undefined;
  /** The password. Default: none. */
  readonly password?: string | undefined;
  /**
   * How many connections for waiting calls (`pop`, `tryPop` and `reserve` on an empty queue) may be open at once; a call beyond that waits for
   * one to become free. Everything else shares one further connection. Default 10.
   */
  readonly poolSize?: number | undefined;
  /** What every key begins with; may be empty. Default `datastore:`. */
  readonly prefix?: string | undefined;
  /** How many items may wait in a queue, where a `push` says nothing else. Default: no bound. */
  readonly maxLength?: number | undefined;
  /** How long a call may take without an answer of the server, connecting included; waiting for an item, and importing the client at the
   * first call, are not. Default 5,000 ms. */
  readonly commandTimeout?: Milliseconds | undefined;
  /** Further options of ioredis, such as `username`, `tls` or `path` (a unix socket), but for `keyPrefix`. Those named above win where they are given. */
  readonly redis?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of a DataStore in memory. */
export interface MemoryDataStoreOptions {
  /** How many items may wait in a queue, where a `push` says nothing else. Default: no bound. */
  readonly maxLength?: number | undefined;
  /** Where time and timers come from. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** Options of one `push`. */
export interface PushOptions {
  /** How many items may wait in the queue, this one included. Items that are reserved do not count. Default: the DataStore's. */
  readonly maxLength?: number | undefined;
}

/** What `tryPop` found. */
export type Popped<T> =
  | {
      /** There was an item. */
      readonly ok: true;
      /** What it carries, `null` too. */
      readonly value: T;
    }
  | {
      /** There was none. */
      readonly ok: false;
      /** Nothing. */
      readonly value: null;
    };

/** Options of one `reserve`. */
export interface ReserveOptions {
  /** How long the item is this consumer's; if it is not acknowledged by then, it is delivered again. Default 30 s. */
  readonly visibility?: Seconds | undefined;
  /** How long to wait for an item: 0 not at all. Default: until one comes. */
  readonly timeout?: Seconds | undefined;
}

/** Options of one `renew`. */
export interface RenewOptions {
  /** How long the item is this consumer's from now on. Default 30 s. */
  readonly visibility?: Seconds | undefined;
}

/** An item that one consumer has until its deadline. Plain data: it may be acknowledged by another process than the one that reserved it. */
export interface Reservation<T = Json> {
  /** The queue that it came from. */
  readonly queue: string;
  /** Names the reservation; each delivery of an item has its own. */
  readonly id: string;
  /** The item. */
  readonly value: T;
  /** When it will be delivered again unless it is acknowledged, by the server's clock. */
  readonly deadline: Timestamp;
  /**
   * How often the item has been delivered, this time included: 1 at first, one more after each reservation that was given back (`nack`) or lapsed, whoever had it
   * and however it ended; `release` takes its own delivery back. An item that is pushed, from the dead letters too, is another one, and begins at 1.
   */
  readonly deliveries: number;
}

/** Options of one `reject`. */
export interface RejectOptions {
  /** The queue that the item goes to. Default: that for the dead letters of its own, as `deadLetterName` calls it. */
  readonly to?: string | undefined;
}

/** What names a reservation: enough to acknowledge, give back, reject or renew it. */
export type ReservationHandle = Pick<Reservation, "queue" | "id">;
