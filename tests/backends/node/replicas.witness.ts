/**
 * Who watches a replica in all ways that there are, and notes where two of them contradict each other: what listeners heard and what is read, what
 * subscribers heard and what watchers did, what a feed gave and what had come before, who waited and what was there.
 *
 * @module
 */
import { isDeepStrictEqual as isSame } from "node:util";
import type { BackedStore, Change } from "../../../ts/index.js";
import { codeOf } from "./lives.js";
import type { Life } from "./replicas.trial.js";

type Contents = Map<string, unknown>;

const told = ({ type, key, value, previous, version, origin }: Change) =>
  `${type} ${key} ${JSON.stringify(value)} was ${JSON.stringify(previous)}, ${origin} ${version}`;

/**
 * Notes what a change makes of contents; returns what is wrong with it.
 *
 * @param known - what the key had before
 */
function take(contents: Contents, change: Change, known = contents.get(change.key)): string | undefined {
  const { type, key, value, previous } = change;
  if (value === undefined) contents.delete(key);
  else contents.set(key, value);
  if (!isSame(known, previous)) return `${told(change)}, and not ${JSON.stringify(known)}`;
  const isGone = type === "delete" || type === "expire";
  const isRight = type === "meta" ? value !== undefined && isSame(value, previous) : isGone === (value === undefined);
  return isRight && (!isGone || previous !== undefined) ? undefined : `${told(change)}, which is none`;
}

/** Somebody who waits for a value of a key. */
interface Waiting {
  readonly key: string;
  /** Whether a listener has heard of one that would do. */
  isDue: boolean;
}

/** Watches one replica, from when it was opened. */
export class Witness {
  readonly #store: BackedStore;
  readonly #life: Life;
  /** What is wrong. */
  readonly faults: string[] = [];
  /** What was heard last, for who has to find out what went wrong. */
  readonly #log: string[] = [];
  readonly #shown: Contents;
  readonly #tags: Contents;
  #watched: string[] = [];
  #subscribed: string[] = [];
  readonly #waiting = new Set<Waiting>();
  /** Reads what the backend has confirmed. */
  feed: FeedReader;

  /** @param since - the feed of a former replica of the same store, to go on from where it stood; where that is not known any more, it begins now */
  constructor(store: BackedStore, life: Life, since?: FeedReader) {
    this.#store = store;
    this.#life = life;
    this.#shown = new Map(store.entries());
    this.#tags = new Map([...store.keys()].map((key) => [key, store.meta(key)?.tags]));
    store.watch((change) => this.#hear(change));
    store.subscribe(({ changes }) => this.#subscribed.push(...changes.map(told)));
    this.feed = this.#follow(since);
  }

  /** Begins a feed anew where one could not go on. Only when nothing is pending, for then what is shown is what is confirmed. */
  followAnew(): void {
    this.feed = this.#follow();
  }

  /** Compares what was heard with what is read, when no listener is being told. Does nothing while the engine has failed. */
  check(): void {
    try {
      const entries = new Map<string, unknown>(this.#store.entries());
      if (!isSame(sorted(entries), sorted(this.#shown))) this.#fault(`reads ${show(entries)}, and heard of ${show(this.#shown)}`);
      for (const [key, value] of entries) {
        if (!isSame(this.#store.get(key), value)) this.#fault(`gets ${JSON.stringify(this.#store.get(key))} of ${key} in ${show(entries)}`);
        const tags = this.#store.meta(key)?.tags;
        if (!isSame(tags, this.#tags.get(key))) this.#fault(`${key} has the tags ${tags}, and nobody heard`);
      }
    } catch (error) {
      if (codeOf(error) !== "ENGINE_FAILED") throw error;
    }
    if (!isSame(this.#subscribed, this.#watched))
      this.#fault(`subscribers heard\n${this.#subscribed.join("\n")}\nwatchers\n${this.#watched.join("\n")}`);
    this.#subscribed = [];
    this.#watched = [];
  }

  /** Looks whether somebody waits who had heard enough; when some time has passed in which that could come to its end. */
  checkWaiting(): void {
    for (const { key, isDue } of this.#waiting) if (isDue) this.#fault(`waits for ${key} still, which was such`);
  }

  /** Waits for a value of a key, and notes when it is missed. */
  async waitFor(key: string, isMet: (value: unknown) => boolean, timeout: number): Promise<void> {
    const waiting: Waiting = { key, isDue: false };
    const stop = this.#store.watch(key, ({ value }) => {
      waiting.isDue ||= isMet(value);
    });
    this.#waiting.add(waiting);
    try {
      const value = await this.#store.waitFor(key, isMet, { timeout });
      if (!isMet(value)) this.#fault(`waited for ${key}, and was given ${value}`);
    } finally {
      this.#waiting.delete(waiting);
      stop();
    }
  }

  /** Compares all that was heard and given with what is there at the end, when everything is confirmed. */
  checkEnd(): void {
    this.check();
    const entries = new Map<string, unknown>(this.#store.entries());
    const { contents, isComplete } = this.feed;
    if (isComplete && !isSame(sorted(contents), sorted(entries)))
      this.#fault(`reads ${show(entries)}, and the feed gave ${show(contents)} by\n  ${this.feed.log.slice(-12).join("\n  ")}`);
  }

  #follow(since?: FeedReader): FeedReader {
    const begin = (at?: FeedReader) => new FeedReader(this.#store, this.#life, (fault) => this.faults.push(fault), at);
    if (since?.isTooOld) return begin();
    try {
      return begin(since);
    } catch (error) {
      // It was of a store that has been removed.
      if (since === undefined || codeOf(error) !== "INVALID_ARGUMENT") throw error;
      return begin();
    }
  }

  #hear(change: Change): void {
    const { key } = change;
    this.#watched.push(told(change));
    this.#log.push(told(change));
    const fault = take(this.#shown, change);
    if (fault !== undefined) this.#fault(`hears ${fault}`);
    if (this.#shown.has(key)) this.#tags.set(key, this.#store.meta(key)?.tags);
    else this.#tags.delete(key);
  }

  #fault(fault: string): void {
    this.faults.push(`${fault}\n  after ${this.#log.slice(-12).join("\n  ")}`);
  }
}

/** Reads a feed, and begins another one where it has to. */
export class FeedReader {
  readonly #store: BackedStore;
  readonly #life: Life;
  readonly #report: (fault: string) => void;
  /** What it gave, for who has to find out what went wrong. */
  readonly log: string[] = [];
  #feed: ReturnType<BackedStore["changes"]>;
  #version = 0;
  /** The keys that it has told of. */
  readonly told: Set<string>;
  /** What is confirmed, as far as the feed has told. */
  contents: Contents;
  /** Behind what was given last. */
  cursor: string;
  /** Whether it cannot go on. */
  isTooOld = false;
  /** Whether it was asked while there was no engine. */
  #isInterrupted = false;

  /** @param since - the feed of another replica of the same store, to go on from where it stood */
  constructor(store: BackedStore, life: Life, report: (fault: string) => void, since?: FeedReader) {
    this.#store = store;
    this.#life = life;
    this.#report = report;
    this.contents = new Map(since?.contents ?? store.entries());
    this.told = new Set(since?.told);
    this.#feed = store.changes({ since: since?.cursor });
    this.cursor = this.#feed.cursor;
    void this.#read(this.#feed);
  }

  /** Asks on where the engine had failed meanwhile. */
  goOn(): void {
    if (!this.#isInterrupted) return;
    this.#isInterrupted = false;
    void this.#read(this.#feed);
  }

  /** Ends the feed, and goes on with another one from where it stood. */
  resume(): void {
    if (this.isTooOld) return;
    const former = this.#feed;
    this.#feed = this.#store.changes({ since: this.cursor });
    this.#isInterrupted = false;
    void former.return();
    this.log.push("resumed");
    void this.#read(this.#feed);
  }

  /** Whether it must have told of everything. */
  get isComplete(): boolean {
    return !this.isTooOld;
  }

  #fault(fault: string): void {
    if (this.isComplete) this.#report(fault);
  }

  async #read(feed: ReturnType<BackedStore["changes"]>): Promise<void> {
    try {
      for await (const { version, changes, cursor } of feed) {
        // What it had at hand when it was ended is given again by the one that goes on.
        if (feed !== this.#feed) return;
        if (version <= this.#version) this.#fault(`the feed gives commit ${version} after ${this.#version}`);
        this.#version = version;
        this.cursor = cursor;
        for (const change of changes) {
          this.log.push(told(change));
          // What had expired when the feed began, and was not removed yet, was not shown and is confirmed.
          const isHidden = this.#life.plan.expires && !this.told.has(change.key) && !this.contents.has(change.key);
          this.told.add(change.key);
          const fault = take(this.contents, change, isHidden ? change.previous : undefined);
          if (fault !== undefined) this.#fault(`the feed gives ${fault}\n  after ${this.log.slice(-12).join("\n  ")}`);
        }
      }
    } catch (error) {
      const code = codeOf(error);
      this.isTooOld = code === "CURSOR_TOO_OLD";
      this.#isInterrupted = code === "ENGINE_FAILED";
      if (!this.isTooOld && !this.#isInterrupted && code !== "CLOSED") this.#fault(`the feed ends with ${error}`);
    }
  }
}

function sorted(contents: Contents): [string, unknown][] {
  return [...contents].sort(([one], [other]) => (one < other ? -1 : 1));
}

function show(contents: Contents): string {
  return JSON.stringify(sorted(contents));
}
