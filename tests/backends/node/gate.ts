/**
 * A backend before another, at whose door commits and loadings can be held, answers lost, the log kept back or spoiled, and all turned away.
 *
 * @module
 */
import type {
  Backend,
  BackendStore,
  Capabilities,
  CommitAnswer,
  CommitRequest,
  Loading,
  LogSink,
  OpenRequest,
  Removal,
} from "../../../ts/backends/backend.js";
import { HoldallError } from "../../../ts/index.js";
import { wrapStore } from "../wrapping.js";

/** A backend that lets through what it is told to. */
export class Gate implements Backend {
  readonly kind = "gate";
  readonly capabilities: Capabilities;
  /** Whether anything gets through. */
  isReachable = true;
  readonly #behind: Backend;
  #held: Promise<void> | undefined;
  #open = () => {};
  #losing = 0;
  #refusal: CommitAnswer | undefined;
  /** Whether what the log tells gets through. */
  isTelling = true;
  /** Whether the commits that the log tells next are cut off. */
  isSpoiling = false;
  /** What answers to commits wait for. */
  answering: Promise<void> | undefined;
  /** What the parts of a loading wait for. */
  loading: Promise<void> | undefined;
  /** How often something was loaded. */
  loads = 0;
  /** How many commits have been answered. */
  commits = 0;
  readonly #arrived = new Set<() => void>();
  readonly #tried = new Set<() => void>();

  constructor(behind: Backend) {
    this.#behind = behind;
    this.capabilities = behind.capabilities;
  }

  /** Holds commits from now on. */
  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Lets them through; the answers to the first of them get lost. */
  release({ losing = 0 } = {}): void {
    this.#losing = losing;
    this.#held = undefined;
    this.#open();
  }

  /** Resolves when a commit has come and is held. */
  isHolding(): Promise<void> {
    return new Promise((resolve) => this.#arrived.add(resolve));
  }

  /** Resolves when something has been turned away. */
  wasTried(): Promise<void> {
    return new Promise((resolve) => this.#tried.add(resolve));
  }

  /** Answers the next commit so, and does not let it through. */
  refuse(answer: CommitAnswer): void {
    this.#refusal = answer;
  }

  async open(request: OpenRequest): Promise<BackendStore> {
    const store = await this.#behind.open(request);
    return wrapStore(store, {
      load: () => {
        this.loads += 1;
        return this.#pass(async () => {
          const { head, parts } = await store.load();
          return { head, parts: this.#parts(parts) };
        });
      },
      commit: (commit) => this.#commit(store, commit),
      follow: (after, sink) =>
        store.follow(after, { ...sink, commits: (...told) => this.isTelling && sink.commits(...this.#spoiled(told)) }),
      head: () => this.#pass(() => store.head()),
    });
  }

  remove(removal: Removal): Promise<boolean> {
    return this.#pass(() => this.#behind.remove(removal));
  }

  close(): Promise<void> {
    return this.#behind.close();
  }

  async *#parts(parts: Loading["parts"]): Loading["parts"] {
    await this.loading;
    yield* parts;
  }

  #spoiled([commits, ...rest]: Parameters<LogSink["commits"]>): Parameters<LogSink["commits"]> {
    const isSpoiled = this.isSpoiling && commits.length > 0;
    this.isSpoiling &&= !isSpoiled;
    return [isSpoiled ? commits.map((commit) => ({ ...commit, operations: commit.operations.subarray(0, 3) })) : commits, ...rest];
  }

  async #commit(store: BackendStore, request: CommitRequest): Promise<CommitAnswer> {
    tell(this.#arrived);
    await this.#held;
    const refused = this.#refusal;
    this.#refusal = undefined;
    if (refused !== undefined) return refused;
    const answer = await this.#pass(() => store.commit(request));
    await this.answering;
    this.commits += 1;
    if (this.#losing-- > 0) throw new HoldallError("UNAVAILABLE", "The answer is lost");
    return answer;
  }

  async #pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.isReachable) return call();
    tell(this.#tried);
    throw new HoldallError("UNAVAILABLE", "Nobody answers");
  }
}

function tell(waiting: Set<() => void>): void {
  for (const resolve of waiting) resolve();
  waiting.clear();
}
