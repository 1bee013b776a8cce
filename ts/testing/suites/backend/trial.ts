/**
 * What the promises of a backend are tried with: a place, replicas on it that count their commits, and recorders of what their logs tell.
 *
 * @module
 */

import type {
  Backend,
  BackendStore,
  Capabilities,
  CommitAnswer,
  CommitRequest,
  Following,
  LoggedCommit,
  OpenRequest,
} from "../../../backends/backend.js";
import { decodePart, type StoredEntry } from "../../../backends/entries.js";
import type { MetadataPatch, Operation, OperationTtl } from "../../../backends/operations.js";
import type { StoredValue } from "../../../backends/record.js";
import type { Milliseconds } from "../../../store/types/index.js";
import { type ManualClock, manualClock } from "../../manual-clock.js";
import { arrives, holds } from "../asserting.js";
import { commitOf } from "../commits.js";
import type { BackendPlace, BackendSuiteOptions, ConnectionSettings } from "./options.js";

/** What a commit of a test may have beside its operations. */
export type CommitOptions = Partial<Pick<CommitRequest, "conditions" | "ranges" | "isRetry" | "counter" | "replica">>;

/** The answer to a commit that was applied. */
export type Committed = Extract<CommitAnswer, { type: "committed" }>;

/** A text as a stored value. */
export function text(content: string): StoredValue {
  return { encoding: 0, bytes: new TextEncoder().encode(content) };
}

/** The text of a stored value. */
export function textOf({ bytes }: StoredValue): string {
  return new TextDecoder().decode(bytes);
}

/** Puts a text. */
export function put(key: string, content: string, ttl: OperationTtl = null, metadata?: MetadataPatch): Operation {
  return { type: "put", key, value: text(content), ttl, metadata };
}

/** Deletes an entry. */
export function remove(key: string): Operation {
  return { type: "delete", key };
}

/** What a log has told. */
export class Recorder {
  /** The commits, in the order in which they were told. */
  readonly commits: LoggedCommit[] = [];
  /** All commits up to this number have been told. */
  through: number;
  /** Whether the log could not be followed. */
  hasGap = false;
  readonly following: Following;
  readonly #waiting = new Set<() => void>();

  constructor(store: BackendStore, after: number) {
    this.through = after;
    this.following = store.follow(after, {
      commits: (commits, through) => {
        this.commits.push(...commits);
        this.through = through;
        this.#tell();
      },
      gap: () => {
        this.hasGap = true;
        this.#tell();
      },
      failed: () => this.#tell(),
    });
  }

  /** Waits until something holds. */
  until(condition: (recorder: Recorder) => boolean, what: string): Promise<void> {
    const met = new Promise<void>((resolve) => {
      const look = () => {
        if (!condition(this)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    return arrives(met, what);
  }

  /** Waits until a commit has been told. */
  reaches(number: number): Promise<void> {
    return this.until(({ through }) => through >= number, `the log is told up to commit ${number}`);
  }

  #tell(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** A replica that has opened a store, and counts its commits. */
export class Replica {
  readonly store: BackendStore;
  readonly name: string;
  #counter = 0;

  constructor(store: BackendStore, name: string) {
    this.store = store;
    this.name = name;
  }

  /** The counter of its last commit. */
  get counter(): number {
    return this.#counter;
  }

  /** A commit with the next counter. */
  next(operations: readonly Operation[], options: CommitOptions = {}): CommitRequest {
    this.#counter++;
    return commitOf({ replica: this.name, counter: this.#counter, operations, ...options });
  }

  /** Commits, and returns the answer whatever it is. */
  commit(operations: readonly Operation[], options?: CommitOptions): Promise<CommitAnswer> {
    return this.store.commit(this.next(operations, options));
  }

  /** Commits what must be applied. */
  async committed(operations: readonly Operation[], options?: CommitOptions): Promise<Committed> {
    const answer = await this.commit(operations, options);
    holds(answer.type === "committed", `a commit that nothing forbids is applied, not answered ${JSON.stringify(answer)}`);
    return answer;
  }

  /** All entries that have not expired, by their keys. */
  async entries(): Promise<Map<string, StoredEntry>> {
    const { parts, head } = await this.store.load();
    const entries = new Map<string, StoredEntry>();
    for await (const part of parts) for (const [key, entry] of decodePart(part)) if (entry.deadline > head.time) entries.set(key, entry);
    return entries;
  }

  /** The texts of all entries that have not expired. */
  async texts(): Promise<Record<string, string>> {
    return Object.fromEntries([...(await this.entries())].map(([key, { value }]) => [key, textOf(value)]));
  }

  /** Follows the log. */
  follow(after: number): Recorder {
    return new Recorder(this.store, after);
  }
}

/** What one test is given. */
export class Trial {
  /** The store that tests open where they name none. */
  readonly storeName = "suite";
  readonly #options: BackendSuiteOptions;
  readonly #place: BackendPlace;
  readonly #clock: ManualClock;
  readonly #connections: Backend[] = [];
  #replicas = 0;

  private constructor(options: BackendSuiteOptions, place: BackendPlace, clock: ManualClock) {
    this.#options = options;
    this.#place = place;
    this.#clock = clock;
  }

  /** Runs a test on a place of its own. */
  static async run(options: BackendSuiteOptions, test: (trial: Trial) => Promise<void>): Promise<void> {
    const clock = manualClock(1_700_000_000_000);
    const trial = new Trial(options, await options.create(clock), clock);
    try {
      await test(trial);
    } finally {
      await Promise.all(trial.#connections.map((connection) => connection.close()));
      await trial.#place.dispose?.();
    }
  }

  /** What the backend says that it can do. */
  get capabilities(): Capabilities {
    return this.#options.capabilities;
  }

  /** The most bytes that the backend says a commit may have. */
  get maxCommitBytes(): number {
    return this.#options.capabilities.maxCommitBytes;
  }

  /** Whether the backend keeps what has happened to entries, and not their values alone. */
  get keepsHistory(): boolean {
    return this.#options.capabilities.history ?? true;
  }

  /** Connects to the place, as another process would. */
  async connect(settings: ConnectionSettings = {}): Promise<Backend> {
    const connection = await this.#place.connect(settings);
    this.#connections.push(connection);
    return connection;
  }

  /** Opens a store for a new replica, by a connection of its own where none is given. */
  async open(
    request: Partial<OpenRequest> & { readonly backend?: Backend; readonly settings?: ConnectionSettings } = {},
  ): Promise<Replica> {
    const { backend, settings, name = this.storeName, scope = "", replica = `replica-${++this.#replicas}`, limits } = request;
    const connection = backend ?? (await this.connect(settings));
    return new Replica(await connection.open({ name, scope, replica, limits }), replica);
  }

  /** Puts another store in the place of the one that `open` opens, or removes that. */
  async replace(): Promise<void> {
    await this.#place.replace?.(this.storeName);
  }

  /** Lets the backend's time pass. */
  async pass(replica: Replica, span: Milliseconds): Promise<void> {
    if (this.#options.abilities?.clock) {
      this.#clock.advance(span);
      return;
    }
    const end = (await replica.store.head()).time + span;
    // The backend's time is its own: asked until it has come, not slept for.
    while ((await replica.store.head()).time < end) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
