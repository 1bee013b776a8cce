/**
 * What tests of the Redis backend share: a replica that commits and follows at the level of the contract, as plainly as can be.
 *
 * @module
 */
import { Redis } from "ioredis";
import type {
  Backend,
  BackendStore,
  CommitAnswer,
  CommitRequest,
  Condition,
  Following,
  LoggedCommit,
  OpenRequest,
  RangeCondition,
} from "../../../ts/backends/backend.js";
import { decodePart, type StoredEntry } from "../../../ts/backends/entries.js";
import {
  decodeOperations,
  encodeOperations,
  type MetadataPatch,
  type Operation,
  type OperationTtl,
} from "../../../ts/backends/operations.js";

/** The address of a server, or of a proxy to one. */
export const urlOf = ({ port }: { readonly port: number }) => `redis://127.0.0.1:${port}`;

/** A connection without anything of ours between. */
export const directTo = ({ port }: { readonly port: number }) => new Redis(port, "127.0.0.1");

/** How much a test does: modest unless a variable of the environment says more. */
export const budget = (name: string, modest: number) => Number(process.env[name] ?? modest);

/** Something that a test has to stop. */
export interface Stoppable {
  stop(): Promise<unknown>;
}

/** Stops what a test has kept, the latest first, when it has ended. Gives what keeps it. */
export function cleanup(afterEach: (stop: () => Promise<void>) => void): <T extends Stoppable | Promise<Stoppable>>(starting: T) => T {
  const kept: (Stoppable | Promise<Stoppable>)[] = [];
  afterEach(async () => {
    for (const one of kept.splice(0).reverse()) await (await one).stop();
  });
  return (starting) => {
    kept.push(starting);
    return starting;
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A put of a text. */
export function put(key: string, text: string, ttl: OperationTtl = null, metadata?: MetadataPatch): Operation {
  return { type: "put", key, value: { encoding: 0, bytes: encoder.encode(text) }, ttl, ...(metadata && { metadata }) };
}

/** A delete. */
export const del = (key: string): Operation => ({ type: "delete", key });

/** The text of a value. */
export const textIn = ({ value }: Pick<StoredEntry, "value">) => decoder.decode(value.bytes);

/** A range condition without a bound. */
export const range = (prefix: string, since: number, more: Partial<RangeCondition> = {}): RangeCondition => ({
  ...{ prefix, since, reverse: false, own: 0 },
  ...more,
});

let replicas = 0;

/** What a commit is sent with beside its operations. */
export interface Sent {
  readonly conditions?: readonly Condition[];
  readonly ranges?: readonly RangeCondition[];
  readonly counter?: number;
  readonly isRetry?: boolean;
}

/** A replica without any cleverness: it counts its commits, and sends each once. */
export class Replica {
  readonly store: BackendStore;
  readonly name: string;
  counter = 0;

  constructor(store: BackendStore, name: string) {
    this.store = store;
    this.name = name;
  }

  /** The request of a commit. */
  request(operations: readonly Operation[], { conditions = [], ranges = [], counter, isRetry = false }: Sent = {}): CommitRequest {
    const used = counter ?? ++this.counter;
    return { replica: this.name, counter: used, isRetry, conditions, ranges, operations, bytes: encodeOperations(operations) };
  }

  /** Commits. */
  commit(operations: readonly Operation[], sent?: Sent): Promise<CommitAnswer> {
    return this.store.commit(this.request(operations, sent));
  }

  /** Commits, and returns the number that it was given; throws unless it is committed. */
  async number(...operations: Operation[]): Promise<number> {
    const answer = await this.commit(operations);
    if (answer.type !== "committed") throw new Error(`not committed: ${JSON.stringify(answer)}`);
    return answer.number;
  }

  /** What the store holds, as a loading tells it. */
  async contents(): Promise<Map<string, StoredEntry>> {
    return contentsOf(this.store);
  }

  /** The live values as texts. */
  async texts(): Promise<Record<string, string>> {
    const { time } = await this.store.head();
    const live = [...(await this.contents())].filter(([, { deadline }]) => deadline > time);
    return Object.fromEntries(live.map(([key, entry]) => [key, textIn(entry)]));
  }
}

/** Opens a store for a new replica. */
export async function openReplica(backend: Backend, request: Partial<OpenRequest> = {}): Promise<Replica> {
  const replica = request.replica ?? `replica-${++replicas}`;
  return new Replica(await backend.open({ name: "orders", scope: "", ...request, replica }), replica);
}

/** Commits as a replica does: sends it again by its counter, with a pause, until there is an answer. */
export async function commitSurely(replica: Replica, operations: readonly Operation[]): Promise<CommitAnswer> {
  const counter = ++replica.counter;
  for (let isRetry = false; ; isRetry = true) {
    try {
      return await replica.commit(operations, { counter, isRetry });
    } catch (error) {
      if ((error as { readonly code?: string }).code !== "UNAVAILABLE") throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What a store holds, as a loading tells it. */
export async function contentsOf(store: BackendStore): Promise<Map<string, StoredEntry>> {
  const entries = new Map<string, StoredEntry>();
  for await (const part of (await store.load()).parts) for (const [key, entry] of decodePart(part)) entries.set(key, entry);
  return entries;
}

/** A commit as a test compares it. */
export interface Heard {
  readonly number: number;
  readonly replica: string;
  readonly counter: number;
  readonly operations: readonly Operation[];
}

/** What a follower has heard. */
export class Follower {
  readonly commits: Heard[] = [];
  through: number;
  end: "gap" | "failed" | undefined;
  following: Following | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(store: BackendStore, after: number) {
    this.through = after;
    this.following = store.follow(after, {
      commits: (commits, through) => {
        this.commits.push(...commits.map(heard));
        this.through = through;
        this.#wake();
      },
      gap: () => {
        this.end = "gap";
        this.#wake();
      },
      failed: () => {
        this.end = "failed";
        this.#wake();
      },
    });
  }

  /** Waits until something holds. */
  async until(holds: (follower: this) => boolean): Promise<this> {
    while (!holds(this)) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    return this;
  }

  /** Waits until all up to a number is heard. */
  reach(number: number): Promise<this> {
    return this.until(({ through, end }) => through >= number || end !== undefined);
  }

  /** Waits until it has ended, and says how. */
  async ended(): Promise<"gap" | "failed" | undefined> {
    return (await this.until(({ end }) => end !== undefined)).end;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function heard({ number, replica, counter, operations }: LoggedCommit): Heard {
  return { number, replica, counter, operations: decodeOperations(Uint8Array.from(operations)) };
}
