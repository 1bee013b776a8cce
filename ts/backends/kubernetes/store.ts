/**
 * One store on Kubernetes, opened by one replica.
 *
 * What is decided is decided as in all backends that decide here (`ts/backends/local`); what is particular is that decisions are made on a state that another
 * may have changed since ({@link ObjectAccess}), and that the log is followed by a watch ({@link ObjectWatch}).
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Timestamp } from "../../store/types/index.js";
import type {
  BackendStore,
  CommitAnswer,
  CommitRequest,
  Following,
  Head,
  Header,
  Loading,
  LogBounds,
  LogSink,
  OpenRequest,
} from "../backend.js";
import { partOf } from "../entries.js";
import { Lifetime } from "../lifetime.js";
import { type FollowedLog, LogFollower } from "../local/follower.js";
import type { FormatSupport } from "../local/formats.js";
import { makeCommit, type Terms } from "../local/ledger.js";
import { forgetReplica, openOn, upgradeStore } from "../local/opening.js";
import { partsOf, readHead, readLog, readPage } from "../local/reading.js";
import type { KeyedRecord, Page, Procedure } from "../local/shelf.js";
import { randomId } from "../random-id.js";
import type { ObjectAccess } from "./access.js";
import type { Connection } from "./connection.js";
import { Refused } from "./failures.js";
import { ObjectWatch } from "./watching.js";

/** What the stores of one backend share. */
export interface KubernetesSettings {
  /** Gives the backend's time. */
  now(): Timestamp;
  /** The most bytes that the operations of a commit may have. */
  readonly maxCommitBytes: number;
  /** What this version reads and writes. */
  readonly formats: FormatSupport;
  /** How far the log in an object reaches back. */
  readonly log: LogBounds;
  /** How long a watch lasts at least before the server ends it, in seconds. */
  readonly watchSeconds: number;
}

/** How long a watch lasts at least before the server ends it, in seconds. */
export const watchSeconds = 240;

/** One store, in one object. */
export class KubernetesStore implements BackendStore {
  readonly #connection: Connection;
  readonly #access: ObjectAccess;
  readonly #settings: KubernetesSettings;
  readonly #request: OpenRequest;
  readonly #lifetime: Lifetime;
  #header: Header;

  private constructor(
    connection: Connection,
    access: ObjectAccess,
    settings: KubernetesSettings,
    request: OpenRequest,
    header: Header,
    onClose: () => void,
  ) {
    this.#connection = connection;
    this.#access = access;
    this.#settings = settings;
    this.#request = request;
    this.#header = header;
    this.#lifetime = new Lifetime(onClose, async () => {
      if (this.isWritable) await this.#access.write(() => forgetReplica(this.#header.id, this.#request.replica));
    });
  }

  /** Opens the store in an object, and makes that where it is missing. */
  static async open(
    connection: Connection,
    access: ObjectAccess,
    settings: KubernetesSettings,
    request: OpenRequest,
    onClose: () => void,
  ): Promise<KubernetesStore> {
    return new KubernetesStore(connection, access, settings, request, await openIn(access, settings, request), onClose);
  }

  get header(): Header {
    return this.#header;
  }

  get isWritable(): boolean {
    return this.#header.writeFormat <= this.#settings.formats.knows;
  }

  async load(): Promise<Loading> {
    this.#lifetime.requireOpen();
    // An object that was deleted since it was opened is made anew, with another id.
    this.#header = await this.#lifetime.reopen(() => openIn(this.#access, this.#settings, this.#request));
    const { head, page } = this.#access.readKnown(() => readAll(this.#header.id, this.#request.scope, this.#settings.now()));
    return { head, parts: parts(page.entries) };
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    this.#lifetime.requireOpen();
    const { id } = this.#header;
    const { formats, maxCommitBytes, log } = this.#settings;
    const terms = (): Terms => ({ id, now: this.#settings.now(), formats, maxCommitBytes, log });
    // A commit that is sent again may have been applied, or may still arrive: it is looked for, and what is answered instead is final only once nothing that
    // was sent before can arrive.
    const { isRetry } = request;
    try {
      return await makeCommit(() =>
        this.#access.write(() => this.#access.layout.decide(request, terms()), { onFreshState: isRetry, fence: isRetry }),
      );
    } catch (error) {
      if (isRefusal(error, isRetry)) return { type: "refused", code: error.code, message: error.message };
      throw error;
    }
  }

  follow(after: number, sink: LogSink): Following {
    const { id } = this.#header;
    let watch: ObjectWatch | undefined;
    const log: FollowedLog = {
      read: async (position) => {
        if (watch?.failure) throw watch.failure.error;
        return this.#access.readKnown(() => readLog(id, position, this.#settings.now()));
      },
      watch: (listener) => {
        watch = new ObjectWatch(this.#connection, this.#access, this.#settings.watchSeconds, listener);
        return () => watch?.stop();
      },
    };
    return this.#lifetime.follow(sink, (told) => {
      const follower = new LogFollower(log, after, told);
      // What a watch has not told yet is read; where that fails, the watch will say so too.
      const nudge = () =>
        void this.#access.refresh().then(
          () => follower.nudge(),
          () => {},
        );
      return { nudge, stop: () => follower.stop() };
    });
  }

  async head(): Promise<Head> {
    this.#lifetime.requireOpen();
    return this.#access.read(() => readHead(this.#header.id, this.#settings.now()));
  }

  async upgrade(): Promise<Header> {
    this.#lifetime.requireOpen();
    this.#header = await this.#access.write(() => upgradeStore(this.#header.id, this.#settings.formats));
    return this.#header;
  }

  close(): Promise<void> {
    return this.#lifetime.end().finally(() => this.#access.release());
  }
}

function openIn(access: ObjectAccess, { now, formats }: KubernetesSettings, { replica, limits }: OpenRequest): Promise<Header> {
  // Kubernetes names the object itself; this name is only until then.
  const newId = randomId();
  return openOn(access, () => ({ replica, limits, newId, now: now(), formats }));
}

/** The head and all entries of a scope. */
function* readAll(id: string, scope: string, now: Timestamp): Procedure<{ readonly head: Head; readonly page: Page }> {
  const head = yield* readHead(id, now);
  return { head, page: yield* readPage(scope, undefined) };
}

async function* parts(entries: readonly KeyedRecord[]): AsyncGenerator<Uint8Array> {
  for (const part of partsOf(entries)) yield partOf(part);
}

/** Whether nothing has changed and nothing will: what the server refuses, and what stands in the object that is none of ours; unless an earlier sending may have been applied. */
function isRefusal(error: unknown, isRetry: boolean): error is HoldallError {
  return error instanceof Refused || (!isRetry && error instanceof HoldallError && error.code !== "UNAVAILABLE");
}
