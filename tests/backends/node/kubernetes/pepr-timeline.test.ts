/**
 * What has happened to a capability is read off the states of Pepr's resource: whatever mixture of commits and of strangers' changes there was, and whichever states
 * somebody has missed, what he is told comes to what is there.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Condition, LoggedCommit } from "../../../../ts/backends/backend.js";
import { decodeEntry } from "../../../../ts/backends/entries.js";
import { mergePatch } from "../../../../ts/backends/kubernetes/merge-patch.js";
import { CapabilityKeys } from "../../../../ts/backends/kubernetes/pepr/keys.js";
import { PeprLayout } from "../../../../ts/backends/kubernetes/pepr/layout.js";
import type { PeprObject } from "../../../../ts/backends/kubernetes/pepr/object.js";
import type { CapabilityShelf } from "../../../../ts/backends/kubernetes/pepr/shelf.js";
import { formatSupport } from "../../../../ts/backends/local/formats.js";
import type { Decision } from "../../../../ts/backends/local/ledger.js";
import { openStore } from "../../../../ts/backends/local/opening.js";
import { type Outcome, type Procedure, runAtOnce } from "../../../../ts/backends/local/shelf.js";
import { decodeOperations, type Operation } from "../../../../ts/backends/operations.js";
import { commitOf } from "../../../../ts/testing/suites/commits.js";

const now = () => 1_800_000_000_000;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The resource as an API server keeps it: it counts each change of the data. */
class Server {
  readonly states: PeprObject[] = [
    {
      metadata: { name: "pepr-u-store", uid: "uid", resourceVersion: "1", generation: 1, labels: {} },
      data: { __pepr_do_not_delete__: "k-thx-bye" },
    },
  ];

  get latest(): PeprObject {
    return this.states.at(-1) as PeprObject;
  }

  patch(patch: unknown): void {
    const { metadata, data } = this.latest;
    const patched = mergePatch(this.latest, patch) as PeprObject;
    const isSame = JSON.stringify(sorted(patched.data)) === JSON.stringify(sorted(data));
    const resourceVersion = String(Number(metadata.resourceVersion) + 1);
    const generation = (metadata.generation ?? 0) + (isSame ? 0 : 1);
    this.states.push({ ...patched, metadata: { ...patched.metadata, resourceVersion, generation } });
  }
}

const sorted = (data: Readonly<Record<string, string>> = {}) => Object.entries(data).sort(([one], [other]) => (one < other ? -1 : 1));

/** One that follows a capability, and keeps what it was told. */
class Follower {
  readonly name: string;
  readonly capability: string;
  readonly #server: Server;
  readonly #layout: PeprLayout;
  #shelf: CapabilityShelf;
  #seen: number;
  #position = 0;
  #counter = 0;
  /** What each of its own commits does. */
  readonly #own = new Map<number, readonly Operation[]>();
  items = new Map<string, { value: string; number: number }>();

  constructor(server: Server, capability: string, name: string) {
    this.name = name;
    this.capability = capability;
    this.#server = server;
    this.#layout = new PeprLayout(capability, new CapabilityKeys(capability), now);
    this.#seen = server.states.length - 1;
    this.#shelf = this.#layout.shelfOf(server.latest);
    this.#load();
    this.#write(() => openStore({ replica: name, newId: "", now: now(), formats: formatSupport }));
  }

  /** Hears of each state up to now, or of the last alone. */
  hear(isMissing: boolean): void {
    const { states } = this.#server;
    if (isMissing) this.#seen = Math.max(this.#seen, states.length - 2);
    while (this.#seen < states.length - 1) this.#take(states[++this.#seen] as PeprObject);
  }

  /** How many states it has heard of. */
  get heard(): number {
    return this.#seen + 1;
  }

  /** What it knows of keys, as conditions: by the commits that changed them, or by the last commit of all. */
  read(keys: readonly string[], isByLast: boolean): Condition[] {
    return keys.map((key) => {
      const item = this.items.get(key);
      return { key, version: item === undefined ? 0 : isByLast ? this.#position : item.number };
    });
  }

  /** Commits upon the last state; with `isLost` it does not hear of what came of it. */
  commit(operations: readonly Operation[], conditions: readonly Condition[], isLost: boolean): Decision {
    const request = commitOf({ replica: this.name, counter: ++this.#counter, operations, conditions });
    this.#own.set(this.#counter, operations);
    const terms = {
      id: `uid/${this.capability}`,
      now: now(),
      formats: formatSupport,
      maxCommitBytes: 1e6,
      log: { commits: Infinity, bytes: Infinity },
    };
    return this.#write(() => this.#layout.decide(request, terms), isLost);
  }

  #write<Result>(procedure: () => Procedure<Outcome<Result>>, isLost = false): Result {
    const { result, writes } = runAtOnce(procedure(), this.#shelf);
    if (writes !== undefined) for (const patch of this.#layout.patches(this.#server.latest, writes)) this.#server.patch(JSON.parse(patch));
    if (!isLost) this.hear(false);
    return result;
  }

  #take(object: PeprObject): void {
    this.#shelf = this.#layout.shelfOf(object);
    const { number, logFirst } = this.#shelf.state().head;
    if (this.#position < logFirst - 1) this.#load();
    for (const commit of this.#shelf.log(this.#position, Infinity)) {
      expect(commit.number).toBeGreaterThan(this.#position);
      this.#expectTrue(commit);
      this.#position = commit.number;
      // A replica does not read what its own commit did: it knows.
      const own = commit.replica === this.name ? this.#own.get(commit.counter) : undefined;
      for (const operation of own ?? decodeOperations(commit.operations)) {
        if (operation.type === "delete") this.items.delete(operation.key);
        if (operation.type === "clear") this.items.clear();
        if (operation.type === "put") this.items.set(operation.key, { value: text(operation.value.bytes), number: commit.number });
      }
    }
    this.#position = number;
  }

  /** A commit is told as it was: it makes the one state of the other. */
  #expectTrue({ number, operations }: LoggedCommit): void {
    const [before, after] = [number - 1, number].map((generation) => {
      const state = this.#server.states.find(({ metadata }) => metadata.generation === generation);
      return state === undefined ? {} : held(state, this.capability);
    });
    const items = new Map(Object.entries(before ?? {}));
    for (const operation of decodeOperations(operations)) {
      if (operation.type === "delete") items.delete(operation.key);
      if (operation.type === "put") items.set(operation.key, text(operation.value.bytes));
    }
    expect(Object.fromEntries(sorted(Object.fromEntries(items)))).toEqual(after);
  }

  #load(): void {
    const entries = this.#shelf.scan("").entries.map(([key, record]) => [key, decodeEntry(record)] as const);
    this.items = new Map(entries.map(([key, { value, number }]) => [key, { value: text(value.bytes), number }]));
    this.#position = this.#shelf.state().head.number;
  }
}

/** What a capability holds, looked up naively. */
function held({ data = {} }: PeprObject, capability: string): Record<string, string> {
  const items = new Map<string, string>();
  for (const [place, value] of Object.entries(data)) {
    const former = new RegExp(`^${capability}-([^-]*)$`).exec(place)?.[1];
    if (former !== undefined && !former.startsWith("v2") && !Object.hasOwn(data, `${capability}-v2-${former}`)) items.set(former, value);
    if (place.startsWith(`${capability}-v2-`)) items.set(place.slice(capability.length + 4), value);
  }
  return Object.fromEntries(sorted(Object.fromEntries(items)));
}

const shown = ({ items }: Follower) => Object.fromEntries(sorted(Object.fromEntries([...items].map(([key, { value }]) => [key, value]))));

const put = (key: string, value: string): Operation => ({
  type: "put",
  key,
  value: { encoding: 0, bytes: new TextEncoder().encode(value) },
  ttl: null,
});

const key = fc.constantFrom("x", "y", "", "v2-z");
const value = fc.constantFrom("1", "2", "3");
const who = fc.nat(3);
const operation = fc.oneof(
  fc.record({ type: fc.constant("put" as const), key, value }).map(({ key: at, value: written }) => put(at, written)),
  fc.record({ type: fc.constant("delete" as const), key }),
  fc.constant<Operation>({ type: "clear", prefix: "" }),
);
const place = fc.tuple(fc.constantFrom("a-v2-", "a-b-v2-", "a-", "a-b-", "other-v2-"), key).map(([prefix, at]) => prefix + at);
const step = fc.oneof(
  fc.record({
    type: fc.constant("commit" as const),
    who,
    operations: fc.array(operation, { maxLength: 3 }),
    conditions: fc.array(key, { maxLength: 2 }),
    isMissing: fc.boolean(),
    isByLast: fc.boolean(),
    isLost: fc.boolean(),
  }),
  fc.record({ type: fc.constant("edit" as const), data: fc.dictionary(place, fc.option(value), { maxKeys: 3 }) }),
  fc.record({ type: fc.constant("hear" as const), who, isMissing: fc.boolean() }),
);

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** Whether conditions on what was read must hold, must not, or may: where a value has changed and is again as it was. */
function verdict(states: readonly PeprObject[], capability: string, keys: readonly string[]): "holds" | "fails" | "may" {
  const valuesOf = (key: string) => states.map((state) => held(state, capability)[key]);
  if (keys.some((key) => valuesOf(key).at(-1) !== valuesOf(key)[0])) return "fails";
  return keys.every((key) => new Set(valuesOf(key)).size === 1) ? "holds" : "may";
}

/** The generation in which an item got the value that it has. */
function lastChange(states: readonly PeprObject[], capability: string, at: string): number {
  const values = states.map((state) => held(state, capability)[at]);
  let first = values.length - 1;
  while (first > 0 && values[first - 1] === values.at(-1)) first -= 1;
  return states[first]?.metadata.generation ?? 0;
}

function commit(server: Server, follower: Follower, { operations, conditions: keys, ...how }: Extract<Step, { type: "commit" }>): void {
  const { capability, heard } = follower;
  const conditions = follower.read(keys, how.isByLast);
  follower.hear(how.isMissing);
  const expected = verdict(server.states.slice(heard - 1), capability, keys);
  const before = server.latest;
  const answer = follower.commit(operations, conditions, how.isLost);
  if (expected !== "may") expect(answer.type).toBe(expected === "holds" ? "committed" : "conflict");
  const isChanged = JSON.stringify(held(before, capability)) !== JSON.stringify(held(server.latest, capability));
  if (answer.type !== "committed") expect(isChanged).toBe(false);
  else {
    expect(answer.changed).toBe(isChanged);
    if (isChanged) expect([answer.number, server.latest.metadata.generation]).toEqual([answer.number, answer.number]);
  }
}

test("what is told comes to what is there, each commit has the number of its state, and conditions fail for changes alone", () => {
  const run = (steps: readonly Step[]) => {
    const server = new Server();
    const followers = ["a", "a", "a-b", "a-b"].map((capability, at) => new Follower(server, capability, `replica-${at}`));
    const expectTold = (follower: Follower) => expect(shown(follower)).toEqual(held(server.latest, follower.capability));
    for (const one of steps) {
      if (one.type === "edit") {
        server.patch({ data: one.data });
        continue;
      }
      const follower = followers[one.who] as Follower;
      if (one.type === "commit") commit(server, follower, one);
      else follower.hear(one.isMissing);
      if (one.type === "hear" || !one.isLost) expectTold(follower);
    }
    for (const follower of followers) {
      follower.hear(true);
      expectTold(follower);
    }
    for (const capability of ["a", "a-b"]) {
      const late = new Follower(server, capability, "late");
      expectTold(late);
      // What somebody loads counts as changed when it was, or later.
      for (const [at, { number }] of late.items) expect(number).toBeGreaterThanOrEqual(lastChange(server.states, capability, at));
    }
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), run), { numRuns: 150 });
});
