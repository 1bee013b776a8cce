/**
 * What the stores of one backend share.
 *
 * @module
 */

import type { LogBounds } from "../backend.js";
import type { FormatSupport } from "../local/formats.js";
import type { Acknowledgement } from "./acknowledgement.js";
import type { RedisClient } from "./client.js";
import type { Connections } from "./connections.js";
import type { Listeners } from "./listeners.js";

/** What the stores of one backend share. */
export interface RedisSettings {
  /** Connections for commands. */
  readonly commands: Connections;
  /** Connections for listening. */
  readonly listeners: Listeners;
  /** What this version reads and writes. */
  readonly formats: FormatSupport;
  /** The most bytes that the operations of a commit may have. */
  readonly maxCommitBytes: number;
  /** How many servers have to have a commit before it is acknowledged. */
  readonly acknowledgement: Acknowledgement | undefined;
  /** How far a log reaches back. */
  readonly log: LogBounds;
  /** Looks whether a server keeps what it is given; throws where it does not. */
  check(client: RedisClient): Promise<void>;
}
