/**
 * Where the API server is, and who asks: kubeconfigs, tokens, certificates and proxies are read by `@kubernetes/client-node`, which is loaded when the first store is
 * opened.
 *
 * @module
 */

import type { Agent, OutgoingHttpHeaders, RequestOptions } from "node:http";
import { HoldallError } from "../../errors.js";

/** A cluster of a kubeconfig. */
export interface KubeClusterLike {
  /** The address of its API server. */
  readonly server: string;
}

/** A context of a kubeconfig. */
export interface KubeContextLike {
  /** The namespace that it is for. */
  readonly namespace?: string | undefined;
}

/** What gives a user's token. */
export interface KubeAuthProviderLike {
  /** How it gives the token. */
  readonly config?: KubeAuthConfigLike | undefined;
}

/** How a token is given. */
export interface KubeAuthConfigLike {
  /** The path of the file that holds it: in a pod, that of its service account. */
  readonly tokenFile?: unknown;
}

/** A user of a kubeconfig. */
export interface KubeUserLike {
  /** What gives the user's token: in a pod, and with others, a file. */
  readonly authProvider?: KubeAuthProviderLike | undefined;
}

/** What is used of client-node's `KubeConfig`. */
export interface KubeConfigLike {
  /** The cluster of the current context. */
  getCurrentCluster(): KubeClusterLike | null;
  /** The name of the current context. */
  getCurrentContext(): string;
  /** A context by its name. */
  getContextObject(name: string): KubeContextLike | null;
  /** Who asks in the current context. */
  getCurrentUser?(): KubeUserLike | null;
  /** Puts credentials into the options of a request: those of `https.request`. */
  applyToHTTPSOptions(options: object): Promise<void>;
}

/** Where a kubeconfig comes from. */
export type KubeConfigSource = KubeConfigLike | string | "in-cluster" | undefined;

/** What a request needs beside its path. */
export interface Applied {
  /** Keeps connections, with the cluster's certificate, the client's, and a proxy. */
  readonly agent: Agent;
  /** Who asks. */
  readonly headers: OutgoingHttpHeaders;
}

type ClientNode = typeof import("@kubernetes/client-node");

async function clientNode(): Promise<ClientNode> {
  try {
    return await import("@kubernetes/client-node");
  } catch (cause) {
    throw new HoldallError("CLIENT_MISSING", "Stores on Kubernetes need @kubernetes/client-node: npm install @kubernetes/client-node", {
      cause,
    });
  }
}

/** Credentials that stay good: what expires is read again. */
export class Credentials {
  readonly #source: KubeConfigSource;
  #config: KubeConfigLike;
  #agent: { readonly agent: Agent; readonly identity: string } | undefined;

  private constructor(source: KubeConfigSource, config: KubeConfigLike) {
    this.#source = source;
    this.#config = config;
  }

  /**
   * Reads a kubeconfig: an object, the file at a path, the pod's own (`"in-cluster"`), or what `kubectl` would use.
   *
   * @throws `INVALID_ARGUMENT` when it cannot be read; `CLIENT_MISSING` when client-node is not installed.
   */
  static async load(source: KubeConfigSource): Promise<Credentials> {
    return new Credentials(source, await read(source));
  }

  /** The address of the API server. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? "";
  }

  /** The namespace of the current context. */
  get namespace(): string | undefined {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace;
  }

  /** What the next request needs. Connections are kept as long as the certificates stay the same. */
  async apply(): Promise<Applied> {
    const options: RequestOptions & { ca?: unknown; cert?: unknown; key?: unknown } = { headers: {} };
    await this.#config.applyToHTTPSOptions(options);
    const headers = { ...(options.headers as OutgoingHttpHeaders) };
    if (typeof options.auth === "string") headers.authorization = `Basic ${btoa(options.auth)}`;
    await this.#requireToken(headers);
    const identity = [options.ca, options.cert, options.key].join("\n");
    if (this.#agent?.identity !== identity) {
      this.close();
      const agent = options.agent as Agent & { keepAlive?: boolean };
      agent.keepAlive = true;
      this.#agent = { agent, identity };
    }
    return { agent: (this.#agent as { agent: Agent }).agent, headers };
  }

  /** A file is empty while it is written. Without its token a request would be refused as anybody's, and what it was to write would be undone. */
  async #requireToken({ Authorization: token }: OutgoingHttpHeaders): Promise<void> {
    if (this.#config.getCurrentUser?.()?.authProvider?.config?.tokenFile === undefined || token !== undefined) return;
    // It is read again then, and not in a minute.
    await this.renew();
    throw new Error("there is no token in its file");
  }

  /** Reads everything again, after the server has refused what there was: client-node keeps a token for a minute. */
  async renew(): Promise<void> {
    this.#config = await read(this.#source);
  }

  /** Closes the connections. */
  close(): void {
    this.#agent?.agent.destroy();
    this.#agent = undefined;
  }
}

/** The server that client-node makes up where it finds no kubeconfig, as `kubectl` does. */
const madeUp = "http://localhost:8080";

async function read(source: KubeConfigSource): Promise<KubeConfigLike> {
  const { KubeConfig } = await clientNode();
  const config = new KubeConfig();
  try {
    if (source === undefined) config.loadFromDefault();
    else if (source === "in-cluster") config.loadFromCluster();
    else if (typeof source === "string") config.loadFromFile(source);
    else copy(source as unknown as InnerConfig, config as unknown as InnerConfig);
  } catch (cause) {
    throw new HoldallError("INVALID_ARGUMENT", "The kubeconfig cannot be read", { cause });
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new HoldallError("INVALID_ARGUMENT", "The kubeconfig names no cluster");
  if (source === undefined && cluster.server === madeUp) {
    const places = "KUBECONFIG is not set, there is no ~/.kube/config, and this is no pod with a service account";
    throw new HoldallError("INVALID_ARGUMENT", `No kubeconfig was found: ${places}`);
  }
  return config as KubeConfigLike;
}

/** What a `KubeConfig` is made of; its ways to authenticate keep tokens, so a copy makes them anew. */
interface InnerConfig {
  custom_authenticators?: readonly unknown[];
  addAuthenticator(authenticator: unknown): void;
  loadFromOptions(options: unknown): void;
}

function copy(from: InnerConfig, to: InnerConfig): void {
  for (const authenticator of from.custom_authenticators ?? []) to.addAuthenticator(authenticator);
  to.loadFromOptions(from);
}
