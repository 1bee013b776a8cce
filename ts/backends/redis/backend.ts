/**
 * The backend: connects when the first store is opened, and opens stores.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Backend, BackendStore, Capabilities, Durability, OpenRequest, Removal } from "../backend.js";
import { Openings } from "../openings.js";
import type { RedisClient } from "./client.js";
import { type Source, topologyOf } from "./connecting.js";
import { Connections } from "./connections.js";
import { placeOf } from "./layout.js";
import { Listeners } from "./listeners.js";
import { removeFrom } from "./removing.js";
import { factsOf, requireNoEviction } from "./server.js";
import type { RedisSettings } from "./settings.js";
import { RedisStore } from "./store.js";

/** What a backend is made with: checked options, none missing. */
export interface BackendTerms extends Pick<RedisSettings, "formats" | "maxCommitBytes" | "acknowledgement" | "log"> {
  /** Where to find Redis. */
  readonly source: Source;
  /** What the keys of all stores begin with. */
  readonly prefix: string;
  /** What servers have to keep; nothing: what they keep is declared. */
  readonly durability: "memory" | "fsync" | undefined;
}

interface Link {
  readonly settings: RedisSettings;
  close(): void;
}

/** Stores in Redis. */
export class RedisBackend implements Backend {
  readonly kind = "redis";
  readonly capabilities: Capabilities;
  readonly #terms: BackendTerms;
  readonly #openings: Openings<Link>;
  readonly #checked = new WeakMap<RedisClient, Promise<void>>();
  #durability: Durability;
  /** Whether a server was asked what it keeps. */
  #isAsked = false;

  constructor(terms: BackendTerms) {
    this.#terms = terms;
    this.#openings = new Openings({ kind: this.kind, connect: () => this.#connect(), disconnect: (link) => link.close() });
    this.#durability = terms.acknowledgement ? "replicated" : (terms.durability ?? "memory");
    const durability = () => this.#durability;
    this.capabilities = {
      // What servers keep is known when a store is opened, and who has looked before that sees it then.
      get durability() {
        return durability();
      },
      maxCommitBytes: terms.maxCommitBytes,
      values: "any",
      expiry: true,
      metadata: true,
      scopes: true,
      names: true,
      limits: true,
    };
  }

  open(request: OpenRequest): Promise<BackendStore> {
    return this.#openings.open(request, ({ settings }, onClose) =>
      RedisStore.open(settings, placeOf(this.#terms.prefix, request.name), request, onClose),
    );
  }

  remove({ name, ...removal }: Removal): Promise<boolean> {
    return this.#openings.use(({ settings }) => removeFrom(settings, placeOf(this.#terms.prefix, name), removal));
  }

  close(): Promise<void> {
    return this.#openings.close();
  }

  async #connect(): Promise<Link> {
    const { source, formats, maxCommitBytes, acknowledgement, log } = this.#terms;
    const topology = await topologyOf(source);
    const commands = new Connections(topology, source.timeout);
    const listening = new Connections(topology, source.timeout);
    return {
      settings: {
        ...{ commands, formats, maxCommitBytes, acknowledgement, log },
        listeners: new Listeners(listening),
        check: (client) => this.#check(client),
      },
      close() {
        for (const part of [commands, listening, topology]) part.close();
      },
    };
  }

  #check(client: RedisClient): Promise<void> {
    const known = this.#checked.get(client);
    if (known !== undefined) return known;
    const checked = this.#examine(client);
    this.#checked.set(client, checked);
    // What was found wrong is looked at anew: a server that was busy may not be any more.
    checked.catch(() => this.#checked.delete(client));
    return checked;
  }

  async #examine(client: RedisClient): Promise<void> {
    const facts = await factsOf(client);
    requireNoEviction(facts);
    const { durability, acknowledgement } = this.#terms;
    if (acknowledgement || durability === "memory") return;
    if (durability === "fsync") {
      // Where a server does not tell, who says so is believed.
      if (facts.isSynced !== false) return;
      throw new HoldallError("NOT_SUPPORTED", "The Redis server does not wait for the disk: set appendonly yes and appendfsync always");
    }
    // Of several servers the weakest is what can be said of all.
    this.#durability = facts.isSynced && (this.#durability === "fsync" || !this.#isAsked) ? "fsync" : "memory";
    this.#isAsked = true;
  }
}
