/**
 * A backend of one's own, to copy: stores as bytes under texts in maps, as a table with two columns would have them. Another place differs in how
 * `RecordShelf` reads, how `apply` writes, what makes `write` one step, and how `watch` hears of it.
 */
import {
  type Backend,
  type Capabilities,
  decodeHead,
  decodeHeader,
  decodeLogged,
  decodeReplica,
  encodeHead,
  encodeHeader,
  encodeLogged,
  encodeReplica,
  type FormatSupport,
  type Listener,
  LocalBackend,
  type LocalOptions,
  type LoggedCommit,
  type Medium,
  type Outcome,
  type Page,
  type Procedure,
  type ReplicaRecord,
  runAtOnce,
  type Shelf,
  type StoreState,
  type Writes,
} from "holdall/backends";

/** What a store on a map can do. */
export const mapCapabilities: Capabilities = {
  durability: "memory",
  maxCommitBytes: 2 ** 20,
  values: "any",
  expiry: true,
  metadata: true,
  scopes: true,
  names: true,
  limits: true,
};

/** The records of one store: `header`, `head`, and what begins with `replica:`, `entry:` and `log:`. */
type Records = Map<string, Uint8Array>;

/** Reads the records of one store. */
class RecordShelf implements Shelf {
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  state(): StoreState | undefined {
    const [header, head] = [this.#records.get("header"), this.#records.get("head")];
    return header && head && { header: decodeHeader(header), head: decodeHead(head) };
  }

  replica(id: string): ReplicaRecord | undefined {
    const record = this.#records.get(`replica:${id}`);
    return record && decodeReplica(record);
  }

  replicas(): [string, ReplicaRecord][] {
    return this.#under("replica:").map(([id, record]) => [id, decodeReplica(record)]);
  }

  entries(keys: readonly string[]): (Uint8Array | undefined)[] {
    return keys.map((key) => this.#records.get(`entry:${key}`));
  }

  // All at once. A large place gives a page, and in `next` its last key, which comes back as `after`.
  scan(prefix: string): Page {
    return { entries: this.#under("entry:").filter(([key]) => key.startsWith(prefix)) };
  }

  log(after: number, limit: number): LoggedCommit[] {
    const found = this.#under("log:").filter(([number]) => Number(number) > after);
    return found.slice(0, limit).map(([number, record]) => decodeLogged(Number(number), record));
  }

  /** What begins with a prefix, without it; a map keeps the order in which records were first set, which is that of the log. */
  #under(prefix: string): [string, Uint8Array][] {
    return [...this.#records].flatMap(([key, record]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), record]] : []));
  }
}

/** Changes the records of one store. */
function apply({ header, head, replicas = [], entries = new Map(), logged, trimmed: [first, end] = [0, 0] }: Writes, records: Records) {
  // A record may be a view of a larger buffer: what is kept is a copy.
  const put = (key: string, record: Uint8Array | undefined) => (record ? records.set(key, record.slice()) : records.delete(key));
  if (header) put("header", encodeHeader(header));
  if (head) put("head", encodeHead(head));
  for (const [id, replica] of replicas) put(`replica:${id}`, replica && encodeReplica(replica));
  for (const [key, record] of entries) put(`entry:${key}`, record);
  if (logged) put(`log:${logged.number}`, encodeLogged(logged));
  for (let number = first; number < end; number++) put(`log:${number}`, undefined);
}

/** Where the stores lie. A procedure runs in one go here; elsewhere it runs in a transaction, and by `runLater` where answers take their time. */
export class MapMedium implements Medium {
  readonly #stores = new Map<string, Records>();
  readonly #listeners = new Map<Listener, string>();

  async read<End>(name: string, procedure: () => Procedure<End>): Promise<End> {
    return runAtOnce(procedure(), new RecordShelf(this.#stores.get(name) ?? new Map()));
  }

  async write<Result>(name: string, procedure: () => Procedure<Outcome<Result>>): Promise<Result> {
    const records: Records = this.#stores.get(name) ?? new Map();
    const { result, writes } = runAtOnce(procedure(), new RecordShelf(records));
    if (writes === undefined) return result;
    if (writes.isRemoved) this.#stores.delete(name);
    else {
      apply(writes, records);
      this.#stores.set(name, records);
    }
    for (const [listener, watched] of this.#listeners) if (watched === name) listener(writes.logged, writes.store);
    return result;
  }

  watch(name: string, listener: Listener): () => void {
    this.#listeners.set(listener, name);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {}
}

/** Makes a backend on a medium; several on one are as processes that share a place. */
export function mapBackend(medium: MapMedium, options?: LocalOptions, formats?: FormatSupport): Backend {
  return new LocalBackend("map", mapCapabilities, async () => medium, options, formats);
}
