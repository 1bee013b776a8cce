/**
 * What a user can say, and what is made of it.
 *
 * @module
 */

import { HoldallRangeError, HoldallTypeError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import type { Durability, LogBounds } from "../backend.js";
import { formatSupport } from "../local/formats.js";
import { Acknowledgement } from "./acknowledgement.js";
import type { BackendTerms } from "./backend.js";
import type { RedisClient, RedisClusterClient } from "./client.js";
import { logBounds } from "./commit.js";
import { placeOf } from "./layout.js";

/** How to reach Redis, and what is asked of it. */
export interface RedisOptions {
  /** The server: `redis://user:password@host:port/database`, `rediss://` with TLS. Of a Cluster, one or more of its servers. Default: `redis://127.0.0.1:6379`. */
  readonly url?: string | readonly string[] | undefined;
  /**
   * A `Redis` or `Cluster` of ioredis to be used instead of a URL: for Sentinel, TLS or address maps. Connections are made with its options; it is
   * not used itself, nor closed.
   */
  readonly client?: RedisClient | RedisClusterClient | undefined;
  /** What the keys of all stores begin with. Default: `holdall`. */
  readonly prefix?: string | undefined;
  /**
   * What a server has to keep. `fsync`: each commit is on its disk before it is acknowledged; a server without `appendonly yes` and `appendfsync always` is refused
   * at opening (`NOT_SUPPORTED`), one that does not tell is believed. `replicated`: as many replicas have it as `replicas` says, one where that is not given.
   * Default: whatever the server keeps, as `capabilities.durability` declares after the first opening.
   */
  readonly durability?: Durability | undefined;
  /** Acknowledge a commit only when so many replicas of the server have it (`WAIT`): `durability` is `replicated` then. Default: 0, or 1 where `durability` asks for it. */
  readonly replicas?: number | undefined;
  /** How long to wait for them, before the commit counts as failed for now and is sent again. Default: 1,000. */
  readonly replicasTimeout?: Milliseconds | undefined;
  /** How long a command may take, connecting included, before the server counts as unavailable. Default: 5,000. */
  readonly commandTimeout?: Milliseconds | undefined;
  /** The most bytes that one commit may have. A server does nothing else while it applies one: some 4 to 6 ms of its time for 1,000 small entries. Default: 1 MiB. */
  readonly maxCommitBytes?: number | undefined;
  /** How far logs reach back: commits beyond either bound are trimmed. Default: 10,000 commits, 8 MiB. */
  readonly log?: Partial<LogBounds> | undefined;
}

const defaultUrl = "redis://127.0.0.1:6379";
const mostCommitBytes = 2 ** 20;
const durabilities: readonly unknown[] = ["memory", "fsync", "replicated"] satisfies Durability[];

/**
 * Checks options, and fills in what is not given.
 *
 * @throws `INVALID_ARGUMENT` for options of the wrong type, `OUT_OF_RANGE` for numbers that are not positive.
 */
export function termsOf(options: RedisOptions): BackendTerms {
  if (typeof options !== "object" || options === null) throw new HoldallTypeError("redis: options must be an object");
  const { url, client, prefix = "holdall", durability, log } = options;
  const urls = addressesOf(url);
  if (client !== undefined && typeof client?.duplicate !== "function") throw new HoldallTypeError("redis: client is not one of ioredis");
  if (client !== undefined && url !== undefined) throw new HoldallTypeError("redis: url and client are two ways to say the same: give one");
  if (typeof prefix !== "string") throw new HoldallTypeError("redis: prefix must be a string");
  placeOf(prefix, "");
  if (durability !== undefined && !durabilities.includes(durability)) {
    throw new HoldallTypeError("redis: durability must be memory, fsync or replicated");
  }
  const { replicas = durability === "replicated" ? 1 : 0 } = options;
  if (log !== undefined && (typeof log !== "object" || log === null)) throw new HoldallTypeError("redis: log must be an object");
  const replicasTimeout = positive("replicasTimeout", options.replicasTimeout ?? 1_000);
  const commandTimeout = positive("commandTimeout", options.commandTimeout ?? 5_000);
  if (!(Number.isInteger(replicas) && replicas >= 0)) throw new HoldallRangeError("redis: replicas must be a whole number, 0 or above");
  if (durability === "replicated" && replicas === 0) {
    throw new HoldallRangeError("redis: replicas must be 1 or above where durability is replicated");
  }
  return {
    // A command that waits for replicas is one that takes its time.
    source: { urls, client, timeout: commandTimeout + (replicas > 0 ? replicasTimeout : 0) },
    formats: formatSupport,
    maxCommitBytes: positive("maxCommitBytes", options.maxCommitBytes ?? mostCommitBytes),
    acknowledgement: replicas > 0 ? new Acknowledgement(replicas, replicasTimeout) : undefined,
    log: {
      commits: positive("log.commits", log?.commits ?? logBounds.commits),
      bytes: positive("log.bytes", log?.bytes ?? logBounds.bytes),
    },
    prefix,
    // What the server itself has to keep; replicas are asked for with each commit.
    durability: durability === "replicated" ? undefined : durability,
  };
}

/** Addresses of servers, each checked. */
function addressesOf(url: RedisOptions["url"] = defaultUrl): string[] {
  if (typeof url !== "string" && !Array.isArray(url)) throw new HoldallTypeError("redis: url must be an address or a list of some");
  const urls: unknown[] = typeof url === "string" ? [url] : [...url];
  if (urls.length === 0) throw new HoldallTypeError("redis: url must name a server");
  return urls.map((one) => {
    // What it is stays out of the message: it may hold a password.
    if (typeof one !== "string" || !/^rediss?:\/\/./.test(one)) {
      throw new HoldallTypeError("redis: each url must begin with redis:// or rediss://, and name a server");
    }
    return one;
  });
}

function positive(name: string, number: number): number {
  if (!(Number.isInteger(number) && number > 0)) throw new HoldallRangeError(`redis: ${name} must be a whole number above 0`);
  return number;
}
