/**
 * Requests to the API server: bounded in time, sent again where the server has refused to look at them (`429`, `401` with a token that was replaced, `403` of one that
 * has just started and does not know anybody's rights yet), and whatever prevents an answer is `UNAVAILABLE`, credentials that cannot be had included: a file or a program that does not give them now may do so later.
 *
 * Node's own client carries them, and not client-node's, since these requests need what that does not give: the answer's headers, a limit of time,
 * connections that are kept, and a watch that says when it breaks.
 *
 * @module
 */

import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { HoldallError } from "../../errors.js";
import type { Milliseconds } from "../../store/types/index.js";
import { utf8Length } from "../local/texts.js";
import { type Applied, Credentials, type KubeConfigSource } from "./credentials.js";
import { ServerTime } from "./server-time.js";

/** What is asked of the API server. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** The path, with its query. */
  readonly path: string;
  /** What is sent. */
  readonly body?: string | undefined;
  /** The content type of `body`. Default: `application/json`. */
  readonly type?: string | undefined;
  /** The form of the answer. Default: `application/json`. */
  readonly accept?: string | undefined;
}

/** What the API server answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/** How often a request is sent that the server puts off, and how long it is waited at most each time. */
const patience = { times: 5, span: 30_000 };

/** How often a request is sent that a server forbids which does not say whether it is ready, and how long it is waited each time. */
const doubt = { times: 5, span: 1_000 };

/** After how much silence on a stream the network asks whether the other side is there. */
const keepAlive: Milliseconds = 15_000;

/** A connection to an API server, for all stores of a backend. */
export class Connection {
  readonly #credentials: Credentials;
  readonly #timeout: Milliseconds;
  /** What has to end when the connection is closed: requests under way, and waits. */
  readonly #underWay = new Set<(reason: Error) => void>();
  #isClosed = false;
  /** The server's time. */
  readonly time: ServerTime;

  private constructor(credentials: Credentials, timeout: Milliseconds) {
    this.#credentials = credentials;
    this.#timeout = timeout;
    this.time = new ServerTime(
      () => Date.now(),
      () => performance.now(),
    );
  }

  /**
   * Reads the kubeconfig; sends nothing.
   *
   * @param timeout - how long an answer may take
   * @throws as {@link Credentials.load} does.
   */
  static async open(source: KubeConfigSource, timeout: Milliseconds): Promise<Connection> {
    return new Connection(await Credentials.load(source), timeout);
  }

  /** The namespace of the kubeconfig's context. */
  get namespace(): string | undefined {
    return this.#credentials.namespace;
  }

  /** The address of the API server. */
  get server(): string {
    return this.#credentials.server;
  }

  /**
   * Sends a request and gives the answer, whatever its status.
   *
   * @throws `UNAVAILABLE` when there is none within the time; whether the request was carried out is unknown then.
   */
  async send(request: ApiRequest): Promise<ApiAnswer> {
    for (let time = 1; ; time++) {
      const { status, text, retryAfter } = await this.#sendOnce(request);
      if (status === 401 && time === 1) await this.#renew();
      else if (status === 429 && time < patience.times) await this.#wait(Math.min((retryAfter || 1) * 1_000, patience.span));
      else if (status !== 403 || (await this.#isFinal(time))) return { status, text };
    }
  }

  /**
   * Opens a stream of lines, such as a watch, and gives them until the server ends it or `signal` does.
   *
   * @param span - when the server was asked to end it. What stands between may keep a connection to a server that has gone long since, and say nothing.
   * @throws `UNAVAILABLE` when it breaks off, cannot be opened, or goes on for longer than that.
   */
  async *lines(path: string, span: Milliseconds, signal: AbortSignal): AsyncGenerator<ApiAnswer> {
    for (let time = 1; ; time++) {
      let isDoubted = false;
      for await (const answer of this.#linesOnce(path, span, signal)) {
        isDoubted = answer.status === 403 && !(await this.#isFinal(time));
        if (isDoubted) break;
        yield answer;
      }
      if (!isDoubted) return;
    }
  }

  /**
   * Whether what a server forbids is forbidden, or has to be asked for again, after so many times. A server that has just started forbids everything, since it has
   * not read the rights; `readyz`, which everybody may read unless a cluster was told otherwise, is good when it has.
   *
   * @throws `UNAVAILABLE` when it has not.
   */
  async #isFinal(time: number): Promise<boolean> {
    if (time >= doubt.times) return true;
    const { status } = await this.#sendOnce({ method: "GET", path: "/readyz", accept: "*/*" });
    if (status >= 500) throw unavailable(new Error(`it is not ready (${status})`));
    // It may have become so since it forbade it.
    if (status === 200) return time > 1;
    await this.#wait(doubt.span);
    return false;
  }

  async *#linesOnce(path: string, span: Milliseconds, signal: AbortSignal): AsyncGenerator<ApiAnswer> {
    const { message, answered } = await this.#open({ method: "GET", path });
    const stop = () => void message.destroy();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const timer = setTimeout(() => message.destroy(new Error("the server has not ended the stream in time")), span + this.#timeout);
    try {
      const response = await this.#within(message, answered);
      const status = response.statusCode ?? 0;
      if (status === 401) await this.#renew();
      // A peer that has gone without a word is found out by the network.
      response.socket.setKeepAlive(true, keepAlive);
      for await (const text of linesOf(response.setEncoding("utf8"))) yield { status, text };
    } catch (cause) {
      if (!signal.aborted) throw unavailable(cause);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      message.destroy();
    }
  }

  /** Closes all connections; requests under way fail. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const end of [...this.#underWay]) end(new Error("closed"));
    this.#credentials.close();
  }

  async #sendOnce(request: ApiRequest): Promise<ApiAnswer & { readonly retryAfter: number }> {
    const { message, answered, sent } = await this.#open(request);
    try {
      return await this.#within(message, async () => {
        const response = await answered();
        this.time.learn(response.headers.date, sent, this.time.local());
        let text = "";
        for await (const piece of response.setEncoding("utf8")) text += piece;
        return { status: response.statusCode ?? 0, text, retryAfter: Number(response.headers["retry-after"]) };
      });
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  /** Sends a request, whose head of an answer can then be waited for. */
  async #open(request: ApiRequest) {
    if (this.#isClosed) throw unavailable(new Error("closed"));
    const { agent, headers } = await this.#apply();
    const url = this.#credentials.server.replace(/\/$/, "") + request.path;
    const { method, body, type = "application/json", accept = "application/json" } = request;
    if (body !== undefined) {
      headers["content-type"] = type;
      // Node tells it by itself for all methods but DELETE, whose body no server reads then: preconditions would be none.
      headers["content-length"] = utf8Length(body);
    }
    const send = url.startsWith("http:") ? httpRequest : httpsRequest;
    const sent = this.time.local();
    const message = send(url, { method, agent, headers: { ...headers, accept } });
    const end = (reason: Error) => void message.destroy(reason);
    this.#underWay.add(end);
    message.once("close", () => this.#underWay.delete(end));
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      message.once("response", resolve);
      message.once("error", reject);
    });
    // Who does not wait for it hears by other ways.
    response.catch(() => {});
    message.end(body);
    return { message, sent, answered: () => response };
  }

  async #apply(): Promise<Applied> {
    try {
      return await this.#credentials.apply();
    } catch (cause) {
      throw noCredentials(cause);
    }
  }

  async #renew(): Promise<void> {
    try {
      await this.#credentials.renew();
    } catch (cause) {
      throw noCredentials(cause);
    }
  }

  /** Waits for a part of an exchange, and ends the exchange when it takes too long. */
  async #within<T>(message: ClientRequest, part: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => message.destroy(new Error(`no answer within ${this.#timeout} ms`)), this.#timeout);
    try {
      return await part();
    } finally {
      clearTimeout(timer);
    }
  }

  #wait(span: Milliseconds): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (reason: Error) => {
        clearTimeout(timer);
        this.#underWay.delete(end);
        reject(unavailable(reason));
      };
      const timer = setTimeout(() => {
        this.#underWay.delete(end);
        resolve();
      }, span);
      this.#underWay.add(end);
    });
  }
}

/** The lines that are not empty of a text that comes in pieces. Cost: by its length, however many pieces a line comes in. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let line: string[] = [];
  for await (const piece of pieces) {
    const [first = "", ...others] = piece.split("\n");
    line.push(first);
    for (const other of others) {
      const text = line.join("");
      if (text !== "") yield text;
      line = [other];
    }
  }
  const text = line.join("");
  if (text !== "") yield text;
}

function noCredentials(cause: unknown): HoldallError {
  return new HoldallError("UNAVAILABLE", "The credentials for the Kubernetes API server cannot be had", { cause });
}

function unavailable(cause: unknown): HoldallError {
  return new HoldallError("UNAVAILABLE", "The Kubernetes API server does not answer", { cause });
}
