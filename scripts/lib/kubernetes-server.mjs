/**
 * A real Kubernetes API of one's own: upstream's API server and etcd on free ports of the loopback, in a temporary folder that goes with them.
 * There are no nodes and no controllers: objects are kept and told, and nothing acts on them.
 *
 * Always holds: what was acknowledged before `kill()` of either is there after `start()`; processes are stopped by their id.
 *
 * @module
 */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findKubernetes } from "./kubernetes.mjs";
import { freePorts, host, ServerProcess } from "./server-process.mjs";

/**
 * Options of a server.
 *
 * @typedef {object} KubernetesOptions
 * @property {readonly string[]} [flags] Further flags of the API server, such as `["--watch-cache=false"]`.
 * @property {readonly string[]} [etcdFlags] Further flags of etcd.
 */

/**
 * What the API server answered.
 *
 * @typedef {object} KubernetesAnswer
 * @property {number} status The HTTP status.
 * @property {any} body What came with it, parsed.
 */

/** How long a server may take to answer, in milliseconds. The API server takes three seconds on an idle machine. */
const patience = 180_000;

/** How to reach a server, from whichever process. */
export class KubernetesAccess {
  /** The server's folder: data, logs, certificate, kubeconfigs. */
  folder;
  /** The port of the API server. */
  port;
  /** @type {Record<string, string>} The tokens of its users. */
  tokens;

  /** @param {{ folder: string, port: number, tokens: Record<string, string> }} where Plain data, to be handed from process to process. */
  constructor({ folder, port, tokens }) {
    this.folder = folder;
    this.port = port;
    this.tokens = tokens;
  }

  /** The certificate to trust. */
  get certificate() {
    return join(this.folder, "certificates", "apiserver.crt");
  }

  /**
   * Asks the API server, as its administrator unless told otherwise.
   *
   * @param {string} method
   * @param {string} path Such as `/api/v1/namespaces`.
   * @param {unknown} [body] Sent as it is when it is a text, else as JSON.
   * @param {string} [type] The content type.
   * @param {string} [user] Who asks.
   * @returns {Promise<KubernetesAnswer>}
   */
  async request(method, path, body, type = "application/json", user = "admin") {
    const headers = { authorization: `Bearer ${this.tokens[user]}`, "content-type": type };
    const sent = request({ host, port: this.port, method, path, headers, ca: readFileSync(this.certificate), agent: false });
    sent.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
    const [answer] = await once(sent, "response");
    let text = "";
    for await (const piece of answer.setEncoding("utf8")) text += piece;
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    return { status: answer.statusCode, body: isJson ? JSON.parse(text) : text };
  }

  /**
   * Writes a kubeconfig for a user and gives its path: `admin` may do everything, `holdall` and `other` what they have been given.
   *
   * @param {string} user
   * @param {{ port?: number, namespace?: string, tokenFile?: string }} [options] `port` is that of a proxy instead; `tokenFile` has the token in a
   *   file of its own.
   */
  kubeconfig(user, { port = this.port, namespace = "default", tokenFile } = {}) {
    const credentials =
      tokenFile === undefined ? { token: this.tokens[user] } : { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
    const name = "tests";
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server: `https://${host}:${port}`, "certificate-authority": this.certificate } }],
      users: [{ name: user, user: credentials }],
      contexts: [{ name, context: { cluster: name, user, namespace } }],
      "current-context": name,
    };
    const path = join(this.folder, `${user}-${randomUUID()}.kubeconfig`);
    writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
    return path;
  }
}

/** One API server on one etcd. */
export class KubernetesServer extends KubernetesAccess {
  /** The port that etcd answers its clients on. */
  etcdPort = 0;
  /** @type {ServerProcess} */
  #etcd = unstarted;
  /** @type {ServerProcess} */
  #api = unstarted;
  #flags;
  #etcdFlags;
  /** @type {(port: number) => readonly string[]} */
  #apiFlags = () => [];
  /** @type {ServerProcess[]} */
  #others = [];

  /** @param {KubernetesOptions} [options] */
  constructor({ flags = [], etcdFlags = [] } = {}) {
    const tokens = { admin: randomUUID(), holdall: randomUUID(), other: randomUUID() };
    super({ folder: mkdtempSync(join(tmpdir(), "holdall-kubernetes-")), port: 0, tokens });
    this.#flags = flags;
    this.#etcdFlags = etcdFlags;
  }

  /** The API server's process. */
  get api() {
    return this.#api;
  }

  /** etcd's process. */
  get etcd() {
    return this.#etcd;
  }

  /** Starts both and waits until the API is ready. */
  async start() {
    const programs = findKubernetes();
    if (programs === undefined) throw new Error("there is no kube-apiserver: run `npm test -- kubernetes`, which builds one");
    const [port = 0, etcdPort = 0, peerPort = 0] = await freePorts(3);
    this.port = port;
    this.etcdPort = etcdPort;
    this.#writeTokens();
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = join(this.folder, "accounts.key");
    writeFileSync(key, privateKey.export({ type: "pkcs1", format: "pem" }));
    mkdirSync(join(this.folder, "etcd"), { mode: 0o700 });
    const etcdUrl = `http://${host}:${etcdPort}`;
    const peerUrl = `http://${host}:${peerPort}`;
    const etcdFlags = [
      ...["--data-dir", join(this.folder, "etcd"), "--log-level", "error"],
      ...["--listen-client-urls", etcdUrl, "--advertise-client-urls", etcdUrl],
      ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl, "--initial-cluster", `default=${peerUrl}`],
      // A process that is killed loses nothing that it has written; only a machine that goes down would.
      "--unsafe-no-fsync",
      ...this.#etcdFlags,
    ];
    this.#apiFlags = (securePort) => [
      ...["--etcd-servers", etcdUrl, "--secure-port", String(securePort), "--bind-address", host, "--advertise-address", host],
      ...["--cert-dir", join(this.folder, "certificates"), "--service-cluster-ip-range", "10.0.0.0/24"],
      ...["--service-account-issuer", "https://kubernetes.default.svc"],
      ...["--service-account-key-file", key, "--service-account-signing-key-file", key],
      ...["--token-auth-file", join(this.folder, "tokens.csv"), "--authorization-mode", "RBAC"],
      ...["--disable-admission-plugins", "ServiceAccount", "--endpoint-reconciler-type", "none"],
    ];
    this.#etcd = new ServerProcess({
      program: join(programs, "etcd"),
      flags: etcdFlags,
      log: join(this.folder, "etcd.log"),
      patience,
      isReady: async () => (await fetch(`${etcdUrl}/health`).catch(() => undefined))?.ok ?? false,
    });
    this.#api = new ServerProcess({
      program: join(programs, "kube-apiserver"),
      flags: [...this.#apiFlags(port), ...this.#flags],
      log: join(this.folder, "api.log"),
      patience,
      isReady: async () => (await this.request("GET", "/readyz").catch(() => undefined))?.status === 200,
    });
    await this.#etcd.start();
    await this.#api.start();
  }

  /**
   * Starts another API server on the same etcd, as a cluster has several; it ends with this one.
   *
   * @param {readonly string[]} flags Its own, beside those that all have.
   */
  async another(flags) {
    const [port = 0] = await freePorts(1);
    const access = new KubernetesAccess({ folder: this.folder, port, tokens: this.tokens });
    const other = new ServerProcess({
      program: join(/** @type {string} */ (findKubernetes()), "kube-apiserver"),
      flags: [...this.#apiFlags(port), ...flags],
      log: join(this.folder, `api-${port}.log`),
      patience,
      isReady: async () => (await access.request("GET", "/readyz").catch(() => undefined))?.status === 200,
    });
    this.#others.push(other);
    await other.start();
    return access;
  }

  /** Ends all and removes their folder. */
  async stop() {
    for (const other of this.#others) await other.kill();
    await this.#api.kill();
    await this.#etcd.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * Asks etcd by its gateway, such as `etcdRequest("/v3/kv/compaction", { revision: 7 })`.
   *
   * @param {string} path
   * @param {unknown} body
   * @returns {Promise<any>}
   */
  async etcdRequest(path, body) {
    return (await fetch(`http://${host}:${this.etcdPort}${path}`, { method: "POST", body: JSON.stringify(body) })).json();
  }

  /**
   * Lets etcd forget everything before its present revision, so that a watch can no longer go on from there.
   */
  async compact() {
    const { header } = await this.etcdRequest("/v3/kv/range", { key: "AA==" });
    await this.etcdRequest("/v3/kv/compaction", { revision: header.revision, physical: true });
  }

  /**
   * How often the API server was asked something of the stores so far.
   *
   * @param {"GET" | "WATCH"} verb Watches count when they end.
   */
  async storeRequests(verb) {
    const { body } = await this.request("GET", "/metrics");
    const counts = String(body).matchAll(
      new RegExp(`^apiserver_request_total\\{.*resource="holdallstores".*verb="${verb}".*\\} (\\d+)$`, "gm"),
    );
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /**
   * Gives a user another token: with the next start of the API server, which knows only those of its beginning.
   *
   * @param {string} user
   * @returns {string} The token.
   */
  renewToken(user) {
    const token = randomUUID();
    this.tokens[user] = token;
    this.#writeTokens();
    return token;
  }

  #writeTokens() {
    const groups = (/** @type {string} */ user) => (user === "admin" ? ',"system:masters"' : "");
    const lines = Object.entries(this.tokens).map(([user, token]) => `${token},${user},${user}${groups(user)}\n`);
    writeFileSync(join(this.folder, "tokens.csv"), lines.join(""), { mode: 0o600 });
  }
}

/** What stands for the processes of a server that has not been started. */
const unstarted = new ServerProcess({ program: "", flags: [], log: "", patience, isReady: async () => false });

/**
 * Starts a server. Stop it by its `stop()`.
 *
 * @param {KubernetesOptions} [options]
 */
export async function startKubernetes(options) {
  const server = new KubernetesServer(options);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
