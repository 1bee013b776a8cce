/**
 * What the suite of backends has to be given, and what it gives.
 *
 * @module
 */

import type { Backend, Capabilities } from "../../../backends/backend.js";
import type { ManualClock } from "../../manual-clock.js";

/** A test of a suite, for whichever runner. */
export interface SuiteTest {
  /** What is promised, as a sentence. */
  readonly name: string;
  /** Rejects where the promise is not kept. */
  run(): Promise<void>;
}

/** What a connection is to be like. A suite asks only for what {@link BackendSuiteOptions.abilities} says. */
export interface ConnectionSettings {
  /** The most commits that logs keep; by default as many as the backend keeps anyway. */
  readonly logCommits?: number | undefined;
  /** Behave like a version that knows formats up to `knows`, and makes stores that ask for `read` and `write`. */
  readonly formats?:
    | {
        /** The latest format that it knows. */
        readonly knows: number;
        /** What has to be known to read a store that it makes. */
        readonly read: number;
        /** What has to be known to write a store that it makes. */
        readonly write: number;
      }
    | undefined;
}

/** A place where a backend keeps stores: empty at first, and used by one test only. */
export interface BackendPlace {
  /** Connects to it, as another process would. Called several times; what is still open at the end is closed by the suite. */
  connect(settings: ConnectionSettings): Backend | Promise<Backend>;
  /** Puts another store in the place of the one of a name, or removes that, as when data is lost or a backup brought back. Called only where it can do so. */
  replace?(name: string): void | Promise<void>;
  /** Removes it. */
  dispose?(): void | Promise<void>;
}

/** What the place can be asked for beyond a connection; what it cannot leaves tests out. */
export interface BackendAbilities {
  /** The backend takes its time from the clock that `create` is given. Else the suite waits until the backend's own time has come. */
  readonly clock?: boolean | undefined;
  /** It follows {@link ConnectionSettings.logCommits}. */
  readonly logCommits?: boolean | undefined;
  /** It follows {@link ConnectionSettings.formats}. */
  readonly formats?: boolean | undefined;
  /** It has {@link BackendPlace.replace}. */
  readonly replace?: boolean | undefined;
}

/** Options of `backendSuite`. */
export interface BackendSuiteOptions {
  /** What the backend says that it can do: promises about the rest are left out. */
  readonly capabilities: Capabilities;
  /** What its places can be asked for. Default: nothing. */
  readonly abilities?: BackendAbilities | undefined;
  /** Makes a place for a test. */
  create(clock: ManualClock): BackendPlace | Promise<BackendPlace>;
}
