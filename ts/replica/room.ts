/**
 * What those who work for a driver need of it: who sends, who hears the news, who moves to another engine.
 *
 * @module
 */

import type { BackendStore, CommitAnswer } from "../backends/backend.js";
import type { EngineSource, RawStore } from "../engine.js";
import type { HoldallError } from "../errors.js";
import type { Core } from "../store/core.js";
import type { Clock, Timestamp } from "../store/types/index.js";
import type { Health } from "./health.js";
import type { Heard } from "./heard.js";
import type { Attachment } from "./loading.js";
import type { LocalTime } from "./local-time.js";
import type { StoreStatus } from "./types.js";
import type { ReplicaState } from "./waiters.js";

/** What a driver is made of. */
export interface DriverParts {
  readonly core: Core;
  /** Where another engine comes from when the core's has failed. */
  readonly source: EngineSource;
  readonly store: BackendStore;
  readonly attachment: Attachment;
  readonly durability: StoreStatus["durability"];
  /** Names the replica at the backend. */
  readonly replica: string;
  readonly time: LocalTime;
  readonly clock: Clock;
}

/** What a driver's workers share. */
export interface Room extends DriverParts {
  /** What was heard of the backend's store. */
  readonly heard: Heard;
  /** How the replica is doing. */
  readonly health: Health;
  /** Whether the replica has ended. */
  readonly hasEnded: boolean;
  /** Whether there is no engine to be asked, since it has failed. */
  readonly isDown: boolean;
  /** The state that the engine told last. */
  readonly state: ReplicaState;
  /** Whether everything up to a commit is decided. */
  isDecided(counter: number): boolean;
  /** Resolves when nothing is out any more. */
  settled(): Promise<void>;
  /** Lets the engine take in what the backend told, and tells what came of it. */
  call(call: (now: Timestamp) => number): void;
  /** Tells what came of what the engine did; gives its state. */
  collect(): ReplicaState;
  /** Takes in what was decided of a commit that was sent at a time. */
  decide(counter: number, answer: CommitAnswer, sent: Timestamp): void;
  /** The core is on another engine, with all up to a number; where something was loaded that it does not show yet, this is it. */
  goOn(number: number, loaded: RawStore | undefined): void;
  /** The backend has been closed: nothing more comes of anything. */
  end(reason: HoldallError): void;
  /** It has passed. */
  recover(): void;
  /** Something failed that will not pass. */
  fail(error: unknown): void;
  /** Resolves after a pause that grows with the tries. */
  pause(tries: number): Promise<void>;
}
