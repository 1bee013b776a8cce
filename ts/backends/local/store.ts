/**
 * One store of a local backend, opened by one replica.
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
import { randomId } from "../random-id.js";
import { type FollowedLog, LogFollower } from "./follower.js";
import type { FormatSupport } from "./formats.js";
import { decideCommit, makeCommit } from "./ledger.js";
import { forgetReplica, openOn, upgradeStore } from "./opening.js";
import { isThere, partsOf, readHead, readLog, readPage } from "./reading.js";
import type { Medium, Outcome, Procedure } from "./shelf.js";

/** What the stores of one backend share. */
export interface LocalSettings {
  /** Gives the backend's time. */
  now(): Timestamp;
  /** What this version reads and writes. */
  readonly formats: FormatSupport;
  /** The most bytes that the operations of a commit may have. */
  readonly maxCommitBytes: number;
  /** How far a log reaches back. */
  readonly log: LogBounds;
}

/** One store of a local backend. */
export class LocalStore implements BackendStore {
  readonly #medium: Medium;
  readonly #settings: LocalSettings;
  readonly #request: OpenRequest;
  readonly #lifetime: Lifetime;
  #header: Header;

  private constructor(medium: Medium, settings: LocalSettings, request: OpenRequest, header: Header, onClose: () => void) {
    this.#medium = medium;
    this.#settings = settings;
    this.#request = request;
    this.#header = header;
    this.#lifetime = new Lifetime(onClose, async () => {
      if (this.isWritable) await this.#medium.write(this.#request.name, () => forgetReplica(this.#header.id, this.#request.replica));
    });
  }

  /** Opens a store, and makes it where it is missing. */
  static async open(medium: Medium, settings: LocalSettings, request: OpenRequest, onClose: () => void): Promise<LocalStore> {
    return new LocalStore(medium, settings, request, await openIn(medium, settings, request), onClose);
  }

  get header(): Header {
    return this.#header;
  }

  get isWritable(): boolean {
    return this.#header.writeFormat <= this.#settings.formats.knows;
  }

  get persisted(): boolean | undefined {
    return this.#medium.persisted;
  }

  async load(): Promise<Loading> {
    this.#lifetime.requireOpen();
    // A store that was removed or replaced since it was opened is opened anew, under another id.
    const isPresent = await this.#medium.read(this.#request.name, () => isThere(this.#header.id));
    if (!isPresent) this.#header = await this.#lifetime.reopen(() => openIn(this.#medium, this.#settings, this.#request));
    return { head: await this.head(), parts: this.#parts() };
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    this.#lifetime.requireOpen();
    const { formats, maxCommitBytes, log } = this.#settings;
    const id = this.#header.id;
    try {
      return await makeCommit(() =>
        this.#medium.write(this.#request.name, () =>
          decideCommit(request, { id, now: this.#settings.now(), formats, maxCommitBytes, log }),
        ),
      );
    } catch (error) {
      // A rejection is sent again; what would fail again in the same way is refused. Nothing of it is kept.
      if (!(error instanceof HoldallError) || error.code === "UNAVAILABLE" || error.code === "CLOSED") throw error;
      return { type: "refused", code: error.code, message: error.message };
    }
  }

  follow(after: number, sink: LogSink): Following {
    const { name } = this.#request;
    const id = this.#header.id;
    const log: FollowedLog = {
      read: (position) => this.#medium.read(name, () => readLog(id, position, this.#settings.now())),
      watch: (listener) => this.#medium.watch(name, (logged, store) => listener(store === id ? logged : undefined)),
    };
    return this.#lifetime.follow(sink, (told) => new LogFollower(log, after, told));
  }

  async head(): Promise<Head> {
    this.#lifetime.requireOpen();
    return this.#medium.read(this.#request.name, () => readHead(this.#header.id, this.#settings.now()));
  }

  async upgrade(): Promise<Header> {
    this.#lifetime.requireOpen();
    const header = await this.#medium.write(this.#request.name, () => upgradeStore(this.#header.id, this.#settings.formats));
    this.#header = header;
    return header;
  }

  close(): Promise<void> {
    return this.#lifetime.end();
  }

  async *#parts(): AsyncGenerator<Uint8Array> {
    const { name, scope } = this.#request;
    let after: string | undefined;
    do {
      this.#lifetime.requireOpen();
      const page = await this.#medium.read(name, () => readPage(scope, after));
      for (const part of partsOf(page.entries)) yield partOf(part);
      after = page.next;
    } while (after !== undefined);
  }
}

function openIn(medium: Medium, { now, formats }: LocalSettings, { name, replica, limits }: OpenRequest): Promise<Header> {
  const newId = randomId();
  const place = {
    write: (procedure: () => Procedure<Outcome<Header>>) => medium.write(name, procedure),
    read: (procedure: () => Procedure<Header | undefined>) => medium.read(name, procedure),
  };
  return openOn(place, () => ({ replica, limits, newId, now: now(), formats }));
}
