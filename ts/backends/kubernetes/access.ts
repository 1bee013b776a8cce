/**
 * Access to the one object of a store: what is known of it, reading it, and writing it in one step.
 *
 * Always holds: a decision is made on one state of the object, and what it writes is applied on that very state or not at all, since the patch names its
 * resource version. A decision that writes nothing counts only when it was made on a state that was read after it was asked for. Writes to one
 * object wait for each other.
 *
 * A write costs one patch, whose answer is metadata alone: what the object has become is known. When something else has changed the object, it is
 * read, and the decision made again.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import { type Outcome, type Procedure, runAtOnce, type Shelf, type Writes } from "../local/shelf.js";
import { utf8Length } from "../local/texts.js";
import type { Connection } from "./connection.js";
import { failureOf, isMissingObject, Refused, writeFailureOf } from "./failures.js";
import { inLane, joinLane, type LaneListener, tellLane } from "./lane.js";
import { fenceOf, type KubernetesObject, type Layout, type ObjectMetadata, type ObjectPlace } from "./layout.js";
import { mergePatch } from "./merge-patch.js";
import { storedBytes } from "./sizes.js";
import { Telling } from "./telling.js";

/** What an access is to. */
export interface AccessOptions<Held extends KubernetesObject> {
  /** Where the object is. */
  readonly place: ObjectPlace;
  /** How the store lies in it. */
  readonly layout: Layout<Held>;
  /** The most bytes that it may have. */
  readonly maxBytes: number;
  /** Begins a watch of the object, from the state that is known on; gives how to end it. */
  watch(access: ObjectAccess): () => void;
}

/** A state of the object, or that there is none. */
interface Known<Held> {
  readonly object: Held | undefined;
  /** What is decided on. */
  readonly shelf: Shelf;
  /** How large it is at most. */
  readonly bytes: number;
  /** Whether it is known to be no longer the latest, or may well be. */
  readonly isPast: boolean;
}

/** What a write has to be. */
export interface WriteOptions {
  /** Decide on no state that was read earlier. */
  readonly onFreshState?: boolean | undefined;
  /** When there is nothing to write, change the object all the same, so that no write that was sent earlier can arrive any more. */
  readonly fence?: boolean | undefined;
}

/** How often a write is decided again because others came first. */
const patience = 100;

const metadataOnly = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";

/** Access to one object. */
export class ObjectAccess<Held extends KubernetesObject = KubernetesObject> {
  readonly #connection: Connection;
  readonly #place: ObjectPlace;
  readonly #layout: Layout<Held>;
  readonly #maxBytes: number;
  readonly #watch: (access: ObjectAccess) => () => void;
  readonly #leave: () => void;
  readonly #telling = new Telling();
  /** Whether a state came that cannot be read, and none since that can. */
  #isLost = false;
  #known: Known<Held> = { object: undefined, shelf: emptyShelf, bytes: 0, isPast: true };

  constructor(connection: Connection, { place, layout, maxBytes, watch }: AccessOptions<Held>) {
    this.#connection = connection;
    this.#place = place;
    this.#layout = layout;
    this.#maxBytes = maxBytes;
    this.#watch = watch;
    this.#leave = joinLane(this.#lane, this.#hear);
  }

  /** How the store lies in the object. */
  get layout(): Layout<Held> {
    return this.#layout;
  }

  /** The latest state that is known. Of one object it never goes back. */
  get known(): Held | undefined {
    return this.#known.object;
  }

  /** The version from which a watch tells what is not known yet; none where it would tell again of a state that cannot be read. */
  get version(): string | undefined {
    return this.#isLost ? undefined : this.known?.metadata.resourceVersion;
  }

  /** The path of the object. */
  get path(): string {
    return `${this.collection}/${this.name}`;
  }

  /** The path of all objects of the namespace. */
  get collection(): string {
    const { api, plural } = this.#layout.kind;
    return `/apis/${api}/namespaces/${encodeURIComponent(this.#place.namespace)}/${plural}`;
  }

  /** The name of the object. */
  get name(): string {
    return this.#place.name;
  }

  /**
   * Reads the object now. States that the layout would miss are waited for, where the server still knows them.
   *
   * @throws `UNAVAILABLE`, `FORBIDDEN`, `NOT_SUPPORTED`; `CORRUPTED` when the object is another store's.
   */
  async refresh(): Promise<Held | undefined> {
    const read = await this.#read();
    if (read !== undefined && this.known !== undefined && this.#layout.misses(this.known, read.object)) await this.#untilTold(read.object);
    if (read !== undefined) this.learn(read.object, read.bytes);
    return this.known;
  }

  /** As {@link refresh}, for a watch that has learnt that the server does not know any more what came before. */
  async reread(): Promise<Held | undefined> {
    const read = await this.#read();
    if (read !== undefined) this.learn(read.object, read.bytes);
    return this.known;
  }

  async #read(): Promise<{ readonly object: Held; readonly bytes: number } | undefined> {
    const { kind } = this.#layout;
    const answer = await this.#connection.send({ method: "GET", path: this.path });
    if (isMissingObject(answer, kind)) {
      this.#known = { object: undefined, shelf: emptyShelf, bytes: 0, isPast: false };
      return undefined;
    }
    if (answer.status !== 200) throw failureOf(answer, kind);
    return { object: JSON.parse(answer.text) as Held, bytes: utf8Length(answer.text) };
  }

  /** Takes in a state that was read, or told by a watch, unless a later one is known. */
  learn(object: Held, bytes: number): void {
    const { known } = this;
    const later = known === undefined ? 1 : laterBy(object, known);
    if (later < 0) return;
    // Each state is taken in once.
    if (later === 0) this.#known = { ...this.#known, isPast: false };
    else {
      this.#isLost = true;
      this.#known = { object, shelf: this.#layout.shelfOf(object), bytes, isPast: false };
    }
    this.#isLost = false;
    this.#telling.told();
  }

  /** Takes in that an object was deleted. */
  learnDeletion(uid: string): void {
    if (this.known?.metadata.uid === uid) this.#known = { object: undefined, shelf: emptyShelf, bytes: 0, isPast: true };
  }

  /** A watch begins, which will tell each state from the one that is known on; gives what it has to call at its end. */
  beginWatch(): () => void {
    return this.#telling.begin();
  }

  /** Waits until a watch has told a state, and not for long; watches itself where nobody does. */
  async #untilTold(object: Held): Promise<void> {
    const end = this.#telling.isWatched ? () => {} : this.#watch(this);
    await this.#telling.until(() => this.known === undefined || laterBy(object, this.known) <= 0);
    end();
  }

  /** Runs a procedure that only reads, on the state that the object has now. */
  async read<End>(procedure: () => Procedure<End>): Promise<End> {
    await this.refresh();
    return this.readKnown(procedure);
  }

  /** Runs a procedure that only reads, on the latest state that is known: after a write, one that is not older. */
  readKnown<End>(procedure: () => Procedure<End>): End {
    return runAtOnce(procedure(), this.#known.shelf);
  }

  /**
   * Runs a procedure and writes what it ends with, in one step.
   *
   * @throws {@link Refused} when the server will never take it, and certainly has not; `UNAVAILABLE` when it may have; what the procedure throws.
   */
  write<Result>(procedure: () => Procedure<Outcome<Result>>, options: WriteOptions = {}): Promise<Result> {
    return inLane(this.#lane, () => this.#write(procedure, options));
  }

  /** Hears no more of what other stores of this process write. */
  release(): void {
    this.#leave();
  }

  get #lane(): string {
    return `${this.#connection.server}${this.path}`;
  }

  /** Takes in what another store of this process has made of the object, unless there are states in between that a watch has yet to tell. */
  readonly #hear: LaneListener = (object, bytes) => {
    const { known } = this;
    const next = object as Held;
    if (known === undefined || known.metadata.uid !== next.metadata.uid || this.#layout.misses(known, next)) return;
    try {
      this.learn(next, bytes);
    } catch {
      // Who reads or watches it is told that it cannot be read.
    }
  };

  async #write<Result>(procedure: () => Procedure<Outcome<Result>>, { onFreshState, fence }: WriteOptions): Promise<Result> {
    let isFresh = false;
    for (let time = 0; time < patience; time++) {
      if (this.#known.isPast || !this.#connection.time.isSure || (onFreshState && !isFresh)) {
        await this.refresh();
        isFresh = true;
      }
      const decided = this.#decide(procedure, isFresh);
      if (decided === undefined) continue;
      const { object } = this.#known;
      const { writes } = decided;
      if (object !== undefined && writes?.isRemoved) {
        if (await this.#delete(object)) return decided.result;
        await someTime(time);
      } else if (object !== undefined && (writes !== undefined || fence)) {
        if (await this.#patch(object, writes)) return decided.result;
        await someTime(time);
      } else if (writes === undefined) return decided.result;
      // What makes the object asks for more than it is made with: the procedure runs again, on what was made.
      else await this.#create(writes);
    }
    throw new HoldallError("UNAVAILABLE", "Others write to the store so often that this write never came first");
  }

  /** Decides on what is known. That nothing is to be written, or an error, counts only on a state that was read for this write. */
  #decide<Result>(procedure: () => Procedure<Outcome<Result>>, isFresh: boolean): Outcome<Result> | undefined {
    try {
      const { result, writes } = runAtOnce(procedure(), this.#known.shelf);
      if (changesAnything(writes)) return { result, writes };
      if (isFresh) return { result };
    } catch (error) {
      if (isFresh) throw error;
    }
    this.#doubt();
    return undefined;
  }

  /** Makes the object, unless somebody else does. */
  async #create({ header, head }: Writes): Promise<void> {
    if (header === undefined || head === undefined) throw new HoldallError("UNAVAILABLE", "The object of the store is gone");
    const body = this.#layout.create(this.#place, header, head);
    const { appliesAs } = this.#layout;
    const answer = await this.#connection.send(
      appliesAs === undefined
        ? { method: "POST", path: `${this.collection}?${strictly}`, body }
        : { method: "PATCH", path: `${this.path}?fieldManager=${appliesAs}&${strictly}`, body, type: "application/apply-patch+yaml" },
    );
    if (answer.status === 201 || answer.status === 200) this.learn(JSON.parse(answer.text) as Held, utf8Length(answer.text));
    else if (answer.status === 409) this.#doubt();
    else throw writeFailureOf(answer, this.#layout.kind);
  }

  /** Patches the object, with a fence where there is nothing to write; `false` when it was changed or deleted meanwhile, and so has to be read again. */
  async #patch(object: Held, writes: Writes | undefined): Promise<boolean> {
    const { patch, bytes } = writes ? this.#fitting(object, writes) : { patch: fenceOf(object), bytes: this.#known.bytes };
    // Whatever comes of it: what is known now will not be so.
    this.#doubt();
    const answer = await this.#connection.send({
      method: "PATCH",
      path: `${this.path}?${strictly}`,
      body: patch,
      type: "application/merge-patch+json",
      accept: metadataOnly,
    });
    const { kind } = this.#layout;
    if (answer.status === 409 || isMissingObject(answer, kind)) return false;
    if (answer.status !== 200) throw this.#refused(object, writeFailureOf(answer, kind));
    const { metadata } = JSON.parse(answer.text) as { metadata: ObjectMetadata };
    const made = { ...(mergePatch(object, JSON.parse(patch)) as Held), metadata };
    this.learn(made, bytes);
    tellLane(this.#lane, this.#hear, made, bytes);
    return true;
  }

  /** Deletes the object; `false` when it was changed or deleted meanwhile, and so has to be read again. */
  async #delete({ metadata: { uid, resourceVersion } }: Held): Promise<boolean> {
    this.#doubt();
    const body = JSON.stringify({ preconditions: { uid, resourceVersion } });
    const answer = await this.#connection.send({ method: "DELETE", path: this.path, body });
    const { kind } = this.#layout;
    if (answer.status === 409 || isMissingObject(answer, kind)) return false;
    if (answer.status !== 200 && answer.status !== 202) throw writeFailureOf(answer, kind);
    this.learnDeletion(uid);
    return true;
  }

  /** The first patch that the object has room for, and how large the object becomes at most. */
  #fitting(object: Held, writes: Writes): { patch: string; bytes: number } {
    const most = this.#maxBytes;
    for (const patch of this.#layout.patches(object, writes)) {
      // Adding it up is quicker than counting, and mostly enough.
      const bound = this.#known.bytes + storedBytes(patch);
      if (bound <= most) return { patch, bytes: bound };
      const bytes = storedBytes(JSON.stringify(mergePatch(object, JSON.parse(patch))));
      if (bytes <= most) return { patch, bytes };
    }
    throw new Refused("QUOTA_EXCEEDED", `The object of the store would pass ${most} bytes, which is what Kubernetes keeps`);
  }

  /** What is certainly not applied leaves what is known as it was. */
  #refused(object: Held, failure: HoldallError): HoldallError {
    if (failure instanceof Refused && this.known === object) this.#known = { ...this.#known, isPast: false };
    return failure;
  }

  #doubt(): void {
    this.#known = { ...this.#known, isPast: true };
  }
}

/** What the schema would drop is an error: a definition of another version must not lose anything. */
const strictly = "fieldValidation=Strict";

function changesAnything({ header, head, replicas = [], entries, logged, isRemoved = false }: Writes = {}): boolean {
  return (
    isRemoved || header !== undefined || head !== undefined || [...replicas].length > 0 || (entries?.size ?? 0) > 0 || logged !== undefined
  );
}

/** How much later one state is than another, where they are of the same object: Kubernetes counts the versions of its resources up. */
function laterBy(one: KubernetesObject, other: KubernetesObject): number {
  if (one.metadata.uid !== other.metadata.uid) return 1;
  return Number(one.metadata.resourceVersion) - Number(other.metadata.resourceVersion);
}

const emptyShelf: Shelf = {
  state: () => undefined,
  replica: () => undefined,
  replicas: () => [],
  entries: (keys) => keys.map(() => undefined),
  scan: () => ({ entries: [] }),
  log: () => [],
};

/** Waits for some milliseconds, longer each time, so that those who write at the same time do not go on meeting. */
function someTime(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2 ** time, 64)));
}
