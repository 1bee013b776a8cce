/**
 * Who waits for what the backend decides.
 *
 * Every commit of a replica has a counter. What is decided comes in runs of counters, not always in order; `through` is the counter up to which all
 * are decided.
 *
 * @module
 */

import { HoldallError } from "../errors.js";

/** What was decided. */
export interface Decided {
  /** What it was. */
  readonly kind: "committed" | "conflict" | "refused" | "unknown";
  /** The number of the commit; of a conflict, the number that shows what changed. */
  readonly number: number;
}

/** What was decided of a run of commits. */
export interface Outcome extends Decided {
  /** The first counter of the run. */
  readonly first: number;
  /** The last one. */
  readonly last: number;
}

/** A conditional commit found that what it read has changed. */
export interface Conflict {
  /** Who has applied this number knows what has changed. */
  readonly conflict: number;
}

interface Waiter {
  /** For all who wait for the commit. */
  readonly decided: Promise<number | Conflict>;
  /** The number that the backend gave the commit, which is to be shown before its caller hears. */
  number?: number;
  readonly resolve: (result: number | Conflict) => void;
  readonly reject: (reason: unknown) => void;
}

interface Flush {
  readonly counter: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Refusals that nobody waited for are kept for the next flush, as many as this. */
const keptFailures = 100;

/** The kinds of outcomes by their numbers in the engine's record. */
const kinds = ["committed", "conflict", "refused", "unknown"] as const;
/** Numbers of an outcome there. */
const outcomeNumbers = 4;

/** The waiters of one replica. */
export class Outcomes {
  #through = 0;
  /** Runs that are decided beyond `through`, by their first counters. */
  readonly #ahead = new Map<number, number>();
  readonly #waiters = new Map<number, Waiter>();
  #flushes: Flush[] = [];
  /** Refusals that nobody has heard of yet. */
  readonly #failures: { readonly counter: number; readonly error: unknown }[] = [];
  /** Why batches were refused, by their last counters, until that is told. */
  readonly #reasons = new Map<number, unknown>();

  /** Whether everything up to a commit is decided. */
  isDecided(counter: number): boolean {
    return counter <= this.#through;
  }

  /** Whether a commit is decided, though others before it may not be. */
  isKnown(counter: number): boolean {
    return this.isDecided(counter) || [...this.#ahead].some(([first, last]) => first <= counter && counter <= last);
  }

  /** What is decided of one commit: its number, or a conflict. Rejects when it is refused. */
  wait(counter: number): Promise<number | Conflict> {
    const known = this.#waiters.get(counter);
    if (known !== undefined) return known.decided;
    let settle: Pick<Waiter, "resolve" | "reject"> | undefined;
    const decided = new Promise<number | Conflict>((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (settle !== undefined) this.#waiters.set(counter, { decided, ...settle });
    return decided;
  }

  /** Resolves when all commits up to a counter are decided; rejects when one of them was refused that nobody else has heard of. */
  flush(counter: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#flushes.push({ counter, resolve, reject });
      this.#settleFlushes();
    });
  }

  /** Takes in what was decided, as the engine writes it down. */
  read(record: Float64Array): void {
    for (let at = 0; at < record.length; at += outcomeNumbers) {
      const [first = 0, last = 0, kind = 0, number = 0] = record.subarray(at, at + outcomeNumbers);
      this.#decide({ first, last, kind: kinds[kind] ?? "unknown", number });
    }
    this.#settleFlushes();
  }

  /** Notes why the backend has refused a batch, which is told when that is decided; one of several commits falls apart first. */
  explain(counter: number, reason: unknown): void {
    this.#reasons.set(counter, reason);
  }

  #decide({ first, last, kind, number }: Outcome): void {
    this.#ahead.set(first, last);
    for (let end = this.#ahead.get(this.#through + 1); end !== undefined; end = this.#ahead.get(this.#through + 1)) {
      this.#ahead.delete(this.#through + 1);
      this.#through = end;
    }
    if (this.#waiters.size > 0 || kind !== "committed") {
      const error = this.#reasons.get(last);
      for (let counter = first; counter <= last; counter++) this.#decideOne(counter, kind, number, error);
    }
    this.#reasons.delete(last);
  }

  /** Notes that the backend has committed something: nothing can change that any more. */
  note(counter: number, number: number): void {
    const waiter = this.#waiters.get(counter);
    if (waiter !== undefined) waiter.number = number;
  }

  /**
   * Takes in that nothing more is heard of commits: those after `sent` were never sent, and are lost; those up to there that have a number are committed.
   * What is out, and may be undecided up to `sent`, is told by `settle`.
   *
   * @param isAnyLost - whether there may be lost ones that nobody waits for
   */
  lose(sent: number, isAnyLost: boolean, error: unknown): void {
    for (const [counter, { number, resolve, reject }] of this.#waiters) {
      if (number !== undefined) {
        this.#ahead.set(counter, counter);
        resolve(number);
      } else if (counter > sent) reject(error);
      else continue;
      this.#waiters.delete(counter);
    }
    if (isAnyLost) this.#failures.push({ counter: sent, error });
    this.#flushes = this.#flushes.map((flush) => ({ ...flush, counter: Math.min(flush.counter, sent) }));
  }

  /**
   * Takes in, after `lose`, what was decided of all that was out, if something was, and begins anew behind a counter.
   *
   * @param error - why it was refused; where several commits were, as one, nobody can tell any more which of them was meant
   */
  settle(sent: number, last: number, decided: Decided | undefined, error: (isAlone: boolean) => unknown): void {
    if (decided !== undefined) {
      let count = sent - this.#through;
      for (const [first, end] of this.#ahead) count -= end - first + 1;
      const reason = decided.kind === "refused" ? error(count === 1) : unknown();
      const isUnheard = this.#waiters.size < count && (decided.kind === "refused" || decided.kind === "unknown");
      for (const counter of [...this.#waiters.keys()]) this.#decideOne(counter, decided.kind, decided.number, reason);
      if (isUnheard) this.#failures.push({ counter: sent, error: reason });
    }
    this.#ahead.clear();
    this.#through = last;
    this.#settleFlushes();
  }

  /** Ends all waiting. */
  end(reason: unknown): void {
    for (const { reject } of [...this.#waiters.values(), ...this.#flushes]) reject(reason);
    this.#waiters.clear();
    this.#flushes = [];
  }

  #decideOne(counter: number, kind: Outcome["kind"], number: number, reason: unknown): void {
    const waiter = this.#waiters.get(counter);
    this.#waiters.delete(counter);
    if (kind === "committed") {
      waiter?.resolve(number);
      return;
    }
    if (kind === "conflict") {
      waiter?.resolve({ conflict: number });
      return;
    }
    const error = kind === "refused" ? reason : unknown();
    if (waiter !== undefined) waiter.reject(error);
    else if (this.#failures.length < keptFailures) this.#failures.push({ counter, error });
  }

  #settleFlushes(): void {
    if (this.#flushes.length === 0) return;
    const due = this.#flushes.filter(({ counter }) => counter <= this.#through);
    if (due.length === 0) return;
    this.#flushes = this.#flushes.filter(({ counter }) => counter > this.#through);
    for (const { counter, resolve, reject } of due) {
      const failure = this.#failures.find((candidate) => candidate.counter <= counter);
      if (failure === undefined) resolve();
      else reject(failure.error);
    }
    const last = Math.max(...due.map(({ counter }) => counter));
    const kept = this.#failures.filter(({ counter }) => counter > last);
    this.#failures.splice(0, this.#failures.length, ...kept);
  }
}

function unknown(): HoldallError {
  return new HoldallError("OUTCOME_UNKNOWN", "The write was sent, and nobody can tell any more whether it was applied");
}
