/**
 * The memo of decoded values: hot reads are answered here, without a call into the engine.
 *
 * A cell holds the decoded value of one row of the engine; all views share it, each under its own short key, so that a scoped read joins no
 * strings. The engine tells which rows a commit touched, and their cells expire at once, in every view. The memo is bounded by
 * estimated bytes in two generations: when it is full and the young one has a third, the old one goes and the young one becomes old;
 * what is used again moves back to the young. What fits into two thirds of the bound stays young for good.
 *
 * @module
 */

import type { Timestamp, Value } from "./types/index.js";

/** About what a cell costs beside its value: the cell, its places in the maps and lists. */
const cellBytes = 160;

/** A cell is good for ever. */
export const lasting = 0;
/** A cell is good until its deadline. */
const passing = 1;
/** A commit has touched the cell's row. */
const dead = 2;

/** A decoded value of a row. */
export interface Cell {
  /** Given up with the row, since views find dead cells for a while. */
  value: Value;
  readonly row: number;
  readonly bytes: number;
  readonly deadline: Timestamp;
  generation: number;
  /** `lasting`, `passing` or `dead`: a small number, so that the hot path of a read need not load the deadline, which V8 keeps in a box. */
  state: number;
}

/** Whether a cell is good at a time. */
export function isGood(cell: Cell, now: Timestamp): boolean {
  return cell.state === lasting || (cell.state === passing && now < cell.deadline);
}

/** The cells of one store. */
export class Memo {
  readonly #limit: number;
  /** The cell of each row; views hold the same cells by key. */
  #byRow: (Cell | undefined)[] = [];
  #young: Cell[] = [];
  #old: Cell[] = [];
  #youngBytes = 0;
  #oldBytes = 0;
  /** Grows by one when the old generation goes; views turn with it. */
  generation = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Estimated bytes of all cells. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  /** Keeps a value that was read from a row; `undefined` when it is too large to keep. */
  admit(row: number, value: Value, bytes: number, deadline: Timestamp): Cell | undefined {
    const cost = bytes + cellBytes;
    if (cost > this.#limit / 4) return undefined;
    const state = deadline === Number.POSITIVE_INFINITY ? lasting : passing;
    const cell: Cell = { value, row, bytes: cost, deadline, generation: this.generation, state };
    this.#byRow[row] = cell;
    this.#enlist(cell);
    return cell;
  }

  /** The live cell of a row that another view has read. */
  cellOf(row: number): Cell | undefined {
    return this.#byRow[row];
  }

  /** Moves a cell that was used again to the young generation. */
  renew(cell: Cell): void {
    if (cell.generation === this.generation) return;
    cell.generation = this.generation;
    this.#oldBytes -= cell.bytes;
    this.#enlist(cell);
  }

  /** Ends the cell of a row that a commit touched. */
  drop(row: number): void {
    // Reading beyond an array's end is slow, and most rows of a store that is only written are there.
    if (row >= this.#byRow.length) return;
    const cell = this.#byRow[row];
    if (cell === undefined) return;
    cell.state = dead;
    cell.value = null;
    this.#byRow[row] = undefined;
  }

  /** Ends all cells. */
  clear(): void {
    // `forEach` passes over the rows that have never had a cell.
    this.#byRow.forEach((cell) => {
      if (cell !== undefined) {
        cell.state = dead;
        cell.value = null;
      }
    });
    this.#byRow = [];
    this.#young = [];
    this.#old = [];
    this.#youngBytes = 0;
    this.#oldBytes = 0;
    this.generation += 2;
  }

  #enlist(cell: Cell): void {
    this.#young.push(cell);
    this.#youngBytes += cell.bytes;
    if (this.#youngBytes > this.#limit / 3 && this.bytes > (this.#limit * 2) / 3) this.#turn();
  }

  #turn(): void {
    for (const cell of this.#old) if (cell.generation < this.generation && this.#byRow[cell.row] === cell) this.drop(cell.row);
    this.#old = this.#young;
    this.#oldBytes = this.#youngBytes;
    this.#young = [];
    this.#youngBytes = 0;
    this.generation += 1;
  }
}

/** One view's way to the cells: by its own short keys. */
export class ViewMemo {
  /** What the hot path of a read looks into. */
  young = new Map<string, Cell>();
  #old = new Map<string, Cell>();
  #generation = 0;

  /** A live cell of the old generation, which becomes young. */
  rescue(memo: Memo, key: string, now: Timestamp): Cell | undefined {
    this.#turnTo(memo.generation);
    const cell = this.#old.get(key);
    if (cell === undefined || !isGood(cell, now)) return undefined;
    memo.renew(cell);
    this.add(memo, key, cell);
    return cell;
  }

  /** Finds a cell by this view's key from now on. */
  add(memo: Memo, key: string, cell: Cell): void {
    this.#turnTo(memo.generation);
    this.young.set(key, cell);
  }

  #turnTo(generation: number): void {
    if (this.#generation === generation) return;
    this.#old = generation === this.#generation + 1 ? this.young : new Map();
    this.young = new Map();
    this.#generation = generation;
  }
}
