/**
 * Access to the one object of a store: what is known of it, reading it, and writing it in one step.
 *
 * Always holds: a decision is made on one state of the object, and what it writes is applied on that very state or not at all, since the patch names its
 * resource version. A decision that writes nothing counts only when it was made on a state that was read after it was asked for. Writes of one access
 * wait for each other.
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
import { mergePatch } from "./merge-patch.js";
import { type ObjectMetadata, type StoreObject, stateOf } from "./object.js";
import { fenceOf, objectText, patchOf, withoutLog } from "./patch.js";
import { ObjectShelf } from "./shelf.js";
import { storedBytes } from "./sizes.js";
import { foreign } from "./texts.js";

/** Where an object is. */
export interface ObjectPlace {
  /** Its namespace. */
  readonly namespace: string;
  /** Its name. */
  readonly name: string;
  /** What the store in it is called. */
  readonly store: string;
  /** The most bytes that it may have. */
  readonly maxBytes: number;
}

/** A state of the object, or that there is none. */
interface Known {
  readonly object: StoreObject | undefined;
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
export class ObjectAccess {
  readonly #connection: Connection;
  readonly #place: ObjectPlace;
  #known: Known = { object: undefined, bytes: 0, isPast: true };
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, place: ObjectPlace) {
    this.#connection = connection;
    this.#place = place;
  }

  /** The latest state that is known. Of one object it never goes back. */
  get known(): StoreObject | undefined {
    return this.#known.object;
  }

  /** The path of the object. */
  get path(): string {
    return `${this.collection}/${this.name}`;
  }

  /** The path of all objects of the namespace. */
  get collection(): string {
    return `/apis/holdall.dev/v1/namespaces/${encodeURIComponent(this.#place.namespace)}/holdallstores`;
  }

  /** The name of the object. */
  get name(): string {
    return this.#place.name;
  }

  /**
   * Reads the object now.
   *
   * @throws `UNAVAILABLE`, `FORBIDDEN`, `NOT_SUPPORTED`; `CORRUPTED` when the object is another store's.
   */
  async refresh(): Promise<StoreObject | undefined> {
    const answer = await this.#connection.send({ method: "GET", path: this.path });
    if (isMissingObject(answer)) this.#known = { object: undefined, bytes: 0, isPast: false };
    else if (answer.status !== 200) throw failureOf(answer);
    else this.learn(JSON.parse(answer.text) as StoreObject, utf8Length(answer.text));
    return this.known;
  }

  /** Takes in a state that was read, or told by a watch, unless a later one is known. */
  learn(object: StoreObject, bytes: number): void {
    if (object.store?.name !== this.#place.store) throw foreign(`it is not the store ${JSON.stringify(this.#place.store)}`);
    const known = this.known;
    const isEarlier = known !== undefined && known.metadata.uid === object.metadata.uid && numberOf(object) < numberOf(known);
    if (!isEarlier) this.#known = { object, bytes, isPast: false };
  }

  /** Takes in that an object was deleted. */
  learnDeletion(uid: string): void {
    if (this.known?.metadata.uid === uid) this.#known = { object: undefined, bytes: 0, isPast: true };
  }

  /** Runs a procedure that only reads, on the state that the object has now. */
  async read<End>(procedure: () => Procedure<End>): Promise<End> {
    await this.refresh();
    return this.readKnown(procedure);
  }

  /** Runs a procedure that only reads, on the latest state that is known: after a write, one that is not older. */
  readKnown<End>(procedure: () => Procedure<End>): End {
    return runAtOnce(procedure(), shelfOf(this.known));
  }

  /**
   * Runs a procedure and writes what it ends with, in one step.
   *
   * @throws {@link Refused} when the server will never take it, and certainly has not; `UNAVAILABLE` when it may have; what the procedure throws.
   */
  write<Result>(procedure: () => Procedure<Outcome<Result>>, options: WriteOptions = {}): Promise<Result> {
    const writing = this.#last.then(() => this.#write(procedure, options));
    this.#last = writing.catch(() => {});
    return writing;
  }

  async #write<Result>(procedure: () => Procedure<Outcome<Result>>, { onFreshState, fence }: WriteOptions): Promise<Result> {
    let isFresh = false;
    for (let time = 0; time < patience; time++) {
      if (this.#known.isPast || (onFreshState && !isFresh)) {
        await this.refresh();
        isFresh = true;
      }
      const decided = this.#decide(procedure, isFresh);
      if (decided === undefined) continue;
      const { object } = this.#known;
      const { writes } = decided;
      if (object !== undefined && (writes !== undefined || fence)) {
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
      const { result, writes } = runAtOnce(procedure(), shelfOf(this.known));
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
    const { namespace, name, store } = this.#place;
    const body = objectText({ namespace, name }, store, header, head);
    const answer = await this.#connection.send({ method: "POST", path: `${this.collection}?${strictly}`, body });
    if (answer.status === 201) this.learn(JSON.parse(answer.text) as StoreObject, utf8Length(answer.text));
    else if (answer.status === 409) this.#doubt();
    else throw writeFailureOf(answer);
  }

  /** Patches the object, with a fence where there is nothing to write; `false` when it was changed or deleted meanwhile, and so has to be read again. */
  async #patch(object: StoreObject, writes: Writes | undefined): Promise<boolean> {
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
    if (answer.status === 409 || isMissingObject(answer)) return false;
    if (answer.status !== 200) throw this.#refused(object, writeFailureOf(answer));
    const { metadata } = JSON.parse(answer.text) as { metadata: ObjectMetadata };
    this.learn({ ...(mergePatch(object, JSON.parse(patch)) as StoreObject), metadata }, bytes);
    return true;
  }

  /** The patch, without its part of the log where the object has no room for that, and how large the object becomes at most. */
  #fitting(object: StoreObject, writes: Writes): { patch: string; bytes: number } {
    const whole = patchOf(object, writes);
    const bound = this.#known.bytes + storedBytes(whole);
    const most = this.#place.maxBytes;
    if (bound <= most) return { patch: whole, bytes: bound };
    for (const some of [writes, withoutLog(writes, stateOf(object).head)]) {
      const patch = patchOf(object, some);
      const bytes = storedBytes(JSON.stringify(mergePatch(object, JSON.parse(patch))));
      if (bytes <= most) return { patch, bytes };
    }
    throw new Refused("QUOTA_EXCEEDED", `The object of the store would pass ${most} bytes, which is what Kubernetes keeps`);
  }

  /** What is certainly not applied leaves what is known as it was. */
  #refused(object: StoreObject, failure: HoldallError): HoldallError {
    if (failure instanceof Refused && this.known === object) this.#known = { ...this.#known, isPast: false };
    return failure;
  }

  #doubt(): void {
    this.#known = { ...this.#known, isPast: true };
  }
}

/** What the schema would drop is an error: a definition of another version must not lose anything. */
const strictly = "fieldValidation=Strict";

function changesAnything({ header, head, replicas = [], entries, logged }: Writes = {}): boolean {
  return header !== undefined || head !== undefined || [...replicas].length > 0 || (entries?.size ?? 0) > 0 || logged !== undefined;
}

const numberOf = ({ head }: StoreObject) => head?.number ?? 0;

const shelfOf = (object: StoreObject | undefined): Shelf => (object === undefined ? emptyShelf : new ObjectShelf(object));

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
