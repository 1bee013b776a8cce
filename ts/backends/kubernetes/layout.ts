/**
 * What a store looks like within an object: all that layouts differ in. How an object is read, written in one step and followed is the same for all of
 * them (`access.ts`, `watching.ts`), and so is what comes of a commit (`ts/backends/local`).
 *
 * @module
 */

import type { CommitRequest, Header } from "../backend.js";
import type { Decision, Terms } from "../local/ledger.js";
import type { HeadRecord } from "../local/records.js";
import type { Outcome, Procedure, Shelf, Writes } from "../local/shelf.js";

/** What Kubernetes keeps about an object. */
export interface ObjectMetadata {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Counts the changes of all but the metadata, whoever makes them. */
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly managedFields?: readonly unknown[];
}

/** An object of a cluster. */
export interface KubernetesObject {
  readonly metadata: ObjectMetadata;
}

/** A kind of objects, and what is said when the cluster does not let one be used. */
export interface ObjectKind {
  /** The API that serves it, such as `holdall.dev/v1`. */
  readonly api: string;
  /** What it is called in paths. */
  readonly plural: string;
  /** What makes the cluster know it, as an advice. */
  readonly definedBy: string;
  /** Who or what gives the rights that it takes, as in "the rights of …": a file, mostly. */
  readonly rights: string;
}

/** Where an object is. */
export interface ObjectPlace {
  /** Its namespace. */
  readonly namespace: string;
  /** Its name. */
  readonly name: string;
}

/** How one store lies in an object. */
export interface Layout<Held extends KubernetesObject> {
  readonly kind: ObjectKind;
  /**
   * What decisions are made on, of a state of the object. Called once for each state that becomes known, in their order.
   *
   * @throws `CORRUPTED` when the object is not this store's.
   */
  shelfOf(object: Held): Shelf;
  /** Whether states between these two matter, so that they are waited for where a watch will tell them. */
  misses(known: Held, object: Held): boolean;
  /** Who makes new objects, where that is to be by server-side apply: it adds to an object that somebody else makes at the same time. */
  readonly appliesAs?: string;
  /** A new object, as JSON. */
  create(place: ObjectPlace, header: Header, head: HeadRecord): string;
  /** What a decision writes, as JSON merge patches: the first that the object has room for is taken. */
  patches(object: Held, writes: Writes): Iterable<string>;
  /** Decides what comes of a commit. */
  decide(request: CommitRequest, terms: Terms): Procedure<Outcome<Decision>>;
}

/**
 * A patch that writes nothing and changes the object all the same, so that patches sent before it, which name an earlier version, can no more be applied.
 * A patch that changed nothing would not do: the server leaves the version as it is.
 */
export function fenceOf({ metadata: { resourceVersion } }: KubernetesObject): string {
  return JSON.stringify({ metadata: { resourceVersion, annotations: { "holdall.dev/fence": crypto.randomUUID() } } });
}

/**
 * What each patch says of the metadata: the version that it was decided on. Where somebody has used server-side apply on the object, Kubernetes notes who
 * owns each key, which is larger than the data; an empty note ends that.
 */
export function metadataPatch({ resourceVersion, managedFields = [] }: ObjectMetadata): Record<string, unknown> {
  return { resourceVersion, ...(managedFields.length > 0 && { managedFields: [{}] }) };
}
