/**
 * One store in Redis, opened by one replica.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type {
  BackendStore,
  CommitAnswer,
  CommitRequest,
  Following,
  Head,
  Header,
  Loading,
  LoggedCommit,
  LogSink,
  OpenRequest,
} from "../backend.js";
import { Lifetime } from "../lifetime.js";
import { bytesOf, numberOf, type Reply, textOf } from "./bytes.js";
import type { RedisClient } from "./client.js";
import { commitParameters, type Point, readAnswer } from "./commit.js";
import { failureOf } from "./failures.js";
import { type FollowedStore, type News, RedisFollowing } from "./following.js";
import type { Place } from "./layout.js";
import { readPart } from "./loading.js";
import { openIn } from "./opening.js";
import { afterAll, afterKey, fromAll } from "./ranges.js";
import { scripts } from "./scripts/index.js";
import type { RedisSettings } from "./settings.js";

/** The bytes after which a part of a loading, or of the log, is handed on. */
const partBytes = 256 * 1024;

/** One store in Redis. */
export class RedisStore implements BackendStore {
  readonly #settings: RedisSettings;
  readonly #place: Place;
  readonly #request: OpenRequest;
  readonly #lifetime: Lifetime;
  #header: Header;
  /** The last commit that was told here, by a loading, an answer or the log. */
  #known: Point;

  private constructor(settings: RedisSettings, place: Place, request: OpenRequest, header: Header, onClose: () => void) {
    this.#settings = settings;
    this.#place = place;
    this.#request = request;
    this.#header = header;
    this.#known = { number: 0, mark: header.id };
    this.#lifetime = new Lifetime(onClose, async () => {
      if (this.isWritable) await this.#script("forget", [this.#header.id, this.#request.replica]);
    });
  }

  /** Opens a store, and makes it where it is missing. */
  static async open(settings: RedisSettings, place: Place, request: OpenRequest, onClose: () => void): Promise<RedisStore> {
    return new RedisStore(settings, place, request, await openIn(settings, place, request), onClose);
  }

  get header(): Header {
    return this.#header;
  }

  get isWritable(): boolean {
    return this.#header.writeFormat <= this.#settings.formats.knows;
  }

  async load(): Promise<Loading> {
    this.#lifetime.requireOpen();
    // A store that was removed or replaced since it was opened is opened anew, under another id.
    let state = await this.#readHead();
    if (state?.head.id !== this.#header.id) {
      this.#header = await this.#lifetime.reopen(() => openIn(this.#settings, this.#place, this.#request));
      state = await this.#readHead();
    }
    if (state?.head.id !== this.#header.id) throw replaced();
    this.#known = { number: state.head.number, mark: state.mark };
    return { head: state.head, parts: this.#parts(this.#header.id) };
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    this.#lifetime.requireOpen();
    const { maxCommitBytes, acknowledgement, formats, log } = this.#settings;
    if (request.bytes.length > maxCommitBytes) {
      const message = `A commit may have ${maxCommitBytes} bytes, not ${request.bytes.length}`;
      return { type: "refused", code: "COMMIT_TOO_LARGE", message };
    }
    const terms = { id: this.#header.id, format: formats.knows, known: this.#known, channel: this.#place.channel, log };
    const parameters = commitParameters(request, terms);
    try {
      const { reply, behind } = await this.#run((client) =>
        scripts.commit.run(client, this.#place.keys, parameters, acknowledgement?.command),
      );
      const { answer, isSame, mark } = readAnswer(reply);
      if (!isSame) this.#lifetime.nudge();
      if (answer === "swept") return this.commit(request);
      if (answer === "gone") throw replaced();
      if (answer.type !== "committed") return answer;
      if (isSame && mark !== undefined) this.#know(answer.number, mark);
      if (acknowledgement) acknowledgement.require(behind);
      return answer;
    } catch (error) {
      const { code, message } = failureOf(error);
      // What will not pass is an answer; what may is not, and the commit is sent again. So is one that may have been applied before the server would not hear of it.
      const isUnheard = request.isRetry && (code === "INVALID_ARGUMENT" || code === "NOT_SUPPORTED");
      if (code === "UNAVAILABLE" || code === "CLOSED" || isUnheard) throw error;
      return { type: "refused", code, message };
    }
  }

  follow(after: number, sink: LogSink): Following {
    const { scope } = this.#request;
    const id = this.#header.id;
    const log: FollowedStore = {
      scope,
      listen: (listener) => this.#settings.listeners.listen(this.#place.channel, listener),
      read: (position) => this.#readNews(id, position),
      know: (number, mark) => this.#know(number, mark),
    };
    return this.#lifetime.follow(sink, (told) => new RedisFollowing(log, after, told));
  }

  async head(): Promise<Head> {
    this.#lifetime.requireOpen();
    const state = await this.#readHead();
    if (state?.head.id !== this.#header.id) throw replaced();
    return state.head;
  }

  async upgrade(): Promise<Header> {
    this.#lifetime.requireOpen();
    const { formats } = this.#settings;
    if (!this.isWritable) throw new HoldallError("FORMAT_TOO_NEW", "A later version of Holdall has upgraded the store already");
    const reply = await this.#script("upgrade", [this.#header.id, formats.read, formats.write, formats.knows]);
    if (textOf(reply[0]) === "gone") throw replaced();
    if (textOf(reply[0]) === "tooNew")
      throw new HoldallError("FORMAT_TOO_NEW", "A later version of Holdall has upgraded the store already");
    this.#header = { ...this.#header, readFormat: numberOf(reply[1]), writeFormat: numberOf(reply[2]) };
    return this.#header;
  }

  close(): Promise<void> {
    return this.#lifetime.end();
  }

  async #readHead(): Promise<{ readonly head: Head; readonly mark: string } | undefined> {
    const [type, id, number, mark, time] = await this.#script("head", []);
    if (textOf(type) === "gone") return undefined;
    return { head: { id: textOf(id), number: numberOf(number), time: numberOf(time) }, mark: textOf(mark) };
  }

  async #readNews(id: string, after: number): Promise<News | undefined> {
    this.#lifetime.requireOpen();
    // Who goes on from a number that was not told here can only be believed.
    const { number, mark } = after <= this.#known.number ? this.#known : { number: after, mark: "" };
    const [type, through, last, time, more, ...fields] = await this.#script("news", [
      id,
      after,
      number,
      mark,
      this.#request.scope,
      partBytes,
    ]);
    if (textOf(type) !== "news") return undefined;
    const commits: LoggedCommit[] = [];
    for (let at = 0; at < fields.length; at += 5) {
      const [numbered, timed, replica, counter, operations] = fields.slice(at, at + 5);
      const numbers = { number: numberOf(numbered), time: numberOf(timed), counter: numberOf(counter) };
      commits.push({ ...numbers, replica: textOf(replica), operations: bytesOf(operations) });
    }
    return { commits, through: numberOf(through), mark: textOf(last), time: numberOf(time), hasMore: textOf(more) === "1" };
  }

  async *#parts(id: string): AsyncGenerator<Uint8Array> {
    const { scope } = this.#request;
    const to = afterAll(scope);
    const read = (from: unknown) => this.#script("scan", [id, from, to, partBytes]);
    let next: Promise<Reply> | undefined = read(fromAll(scope));
    while (next) {
      this.#lifetime.requireOpen();
      const [type, more, ...entries]: Reply = await next;
      if (textOf(type) === "gone") throw replaced();
      const last = entries.at(-4);
      // The next part is on its way while this one is taken in.
      next = textOf(more) === "1" && last ? read(afterKey(last)) : undefined;
      next?.catch(() => {});
      if (entries.length > 0) yield readPart(entries);
    }
  }

  #know(number: number, mark: string): void {
    if (number > this.#known.number) this.#known = { number, mark };
  }

  async #script(name: keyof typeof scripts, parameters: readonly unknown[]): Promise<Reply> {
    const { reply } = await this.#run((client) => scripts[name].run(client, this.#place.keys, parameters));
    return reply;
  }

  #run<T>(task: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#settings.commands.run(this.#place.channel, task);
  }
}

function replaced(): HoldallError {
  return new HoldallError("UNAVAILABLE", "The store has been removed or replaced since it was opened: load it anew");
}
