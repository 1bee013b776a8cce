/**
 * A commit on its way to a backend, as the engine wrote it down (`src/wasm/replica.rs`).
 *
 * @module
 */

import type { CommitRequest, Condition, RangeCondition } from "../backends/backend.js";
import { decodeOperations, type Operation } from "../backends/operations.js";
import { RecordReader } from "../backends/record.js";

/** A commit that is sent until it is decided. */
export class Request implements CommitRequest {
  readonly replica: string;
  readonly counter: number;
  readonly isRetry: boolean;
  readonly conditions: readonly Condition[];
  readonly ranges: readonly RangeCondition[];
  readonly bytes: Uint8Array;
  #operations: readonly Operation[] | undefined;

  private constructor(parts: Omit<CommitRequest, "operations">, operations?: readonly Operation[]) {
    this.replica = parts.replica;
    this.counter = parts.counter;
    this.isRetry = parts.isRetry;
    this.conditions = parts.conditions;
    this.ranges = parts.ranges;
    this.bytes = parts.bytes;
    this.#operations = operations;
  }

  /** Reads the record of a request of this replica. */
  static read(replica: string, record: Uint8Array): Request {
    const reader = new RecordReader(record);
    const counter = reader.f64();
    const conditions = reader.many((): Condition => ({ key: reader.text(), version: reader.f64() }));
    const spans = reader.many(() => {
      const prefix = reader.text();
      const after = reader.u8() === 1 ? reader.text() : undefined;
      return { prefix, after, reverse: reader.u8() === 1 };
    });
    const since = reader.f64();
    const own = reader.f64();
    const ranges = spans.map((span): RangeCondition => ({ ...span, since, own }));
    return new Request({ replica, counter, isRetry: false, conditions, ranges, bytes: reader.rest() });
  }

  get operations(): readonly Operation[] {
    this.#operations ??= decodeOperations(this.bytes);
    return this.#operations;
  }

  /** The same, to be sent again. */
  again(): Request {
    return new Request({ ...this, isRetry: true }, this.#operations);
  }
}
