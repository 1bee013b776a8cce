/**
 * Walks the trees of an LMDB file before LMDB does: LMDB has no checksums, and ends the process at a page that makes no sense to it.
 *
 * What is read are the trees as of the last commit: each page once, 24 bytes of those that hold long values. What is checked is all that LMDB
 * goes by: numbers, flags and bounds of pages, where their nodes lie, the order of keys, the depth of trees, the lists of free pages. Bytes of values are not.
 *
 * Pages of the last commit are written to again two commits later at the earliest. So what looks damaged is so if no other commit has come since.
 *
 * @module
 */

import type { OpenFile } from "./disk.js";

/** Where a tree begins, and how deep it is. */
interface Tree {
  readonly root: number;
  readonly depth: number;
}

/** What the last commit has left. */
export interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  /** The number of the commit. */
  readonly commit: bigint;
  readonly free: Tree;
  readonly main: Tree;
}

const headerSize = 24;
const nodeSize = 8;
const treeSize = 48;

/** Kinds of pages, and all bits that tell them apart. */
const [branch, leaf, overflow, kinds] = [1, 2, 4, 0x6f];

/** Flags of nodes: the data is on pages of its own; the data is a tree. */
const [isLong, isTree] = [1, 2];

/** Flags of trees whose keys or values are of another kind. */
const foreignKinds = 0x7e;

/** The root of a tree that has no page. */
const noPage = 0xffff_ffff_ffff_ffffn;

/** After so many pages, others get their turn. */
const pagesAtOnce = 1_024;

const noBytes = /* @__PURE__ */ new Uint8Array();

class Damage extends Error {}

function require(condition: boolean, page: number): asserts condition {
  if (!condition) throw new Damage(`${page}`);
}

/** Reads what the last commit has left; `undefined` when that makes no sense. */
export function latestMeta(file: OpenFile, place: number): Meta | undefined {
  const first = file.piece(0, 256);
  const pageSize = first.getUint32(place + 24, true);
  const second = file.piece(pageSize, 256);
  if (second.byteLength < 256) return undefined;
  const commitOf = (meta: DataView) => meta.getBigUint64(place + 128, true);
  const meta = commitOf(first) >= commitOf(second) ? first : second;
  try {
    return {
      pageSize,
      lastPage: Number(meta.getBigUint64(place + 120, true)),
      commit: commitOf(meta),
      free: treeAt(meta, place + 24, 0),
      main: treeAt(meta, place + 72, 0),
    };
  } catch {
    return undefined;
  }
}

/** The page at which the trees of a commit are damaged. */
export async function damagedPage(file: OpenFile, meta: Meta): Promise<string | undefined> {
  try {
    const walk = new Walk(file, meta);
    await walk.tree(meta.free, true);
    await walk.tree(meta.main, false);
    return undefined;
  } catch (error) {
    if (error instanceof Damage) return error.message;
    throw error;
  }
}

function treeAt(view: DataView, at: number, page: number): Tree {
  const root = view.getBigUint64(at + 40, true);
  const depth = view.getUint16(at + 6, true);
  require((root === noPage) === (depth === 0), page);
  return { root: Number(root), depth };
}

class Walk {
  readonly #file: OpenFile;
  readonly #meta: Meta;
  readonly #seen: Uint8Array;
  #pages = 0;
  /** The key before, of the tree that is walked: bytes, beginning and end. */
  #before: Uint8Array = noBytes;
  #from = 0;
  #end = -1;
  /** Whether the next key may be the same. */
  #mayRepeat = false;

  constructor(file: OpenFile, meta: Meta) {
    this.#file = file;
    this.#meta = meta;
    // A file has what is written of it only, whatever its last page is said to be.
    require(meta.lastPage * meta.pageSize <= file.size + 64 * meta.pageSize, 0);
    this.#seen = new Uint8Array(meta.lastPage + 1);
  }

  /** Walks a tree, and those that lie in it. */
  async tree({ root, depth }: Tree, isFree: boolean): Promise<void> {
    if (depth === 0) return;
    this.#end = -1;
    const inner: Tree[] = [];
    await this.#subtree(root, depth, isFree, inner);
    for (const each of inner) await this.tree(each, false);
  }

  async #subtree(number: number, depth: number, isFree: boolean, inner: Tree[]): Promise<void> {
    const page = this.#page(number, this.#meta.pageSize);
    const bytes = new Uint8Array(page.buffer);
    require((page.getUint16(18, true) & kinds) === (depth === 1 ? leaf : branch), number);
    const nodes = this.#nodes(page, number);
    if (depth === 1) {
      for (const at of nodes) {
        this.#next(bytes, page, at, isFree, number);
        this.#data(page, at, isFree, number, inner);
      }
      return;
    }
    require(nodes.length > (isFree ? 0 : 1), number);
    for (const [index, at] of nodes.entries()) {
      if (index > 0) this.#next(bytes, page, at, isFree, number);
      this.#mayRepeat = true;
      const child = page.getUint32(at, true) + page.getUint16(at + 4, true) * 2 ** 32;
      await this.#subtree(child, depth - 1, isFree, inner);
      if (this.#pages >= pagesAtOnce) {
        this.#pages = 0;
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }

  /** Reads the beginning of a page that nothing else has led to. */
  #page(number: number, length: number): DataView {
    require(number > 1 && number <= this.#meta.lastPage && this.#seen[number] === 0, number);
    this.#seen[number] = 1;
    this.#pages++;
    const page = this.#file.piece(number * this.#meta.pageSize, length);
    require(page.byteLength === length && page.getBigUint64(0, true) === BigInt(number), number);
    require(page.getBigUint64(8, true) <= this.#meta.commit, number);
    return page;
  }

  /** Where the nodes of a page lie: they fill it from its end, without gaps. */
  #nodes(page: DataView, number: number): number[] {
    const { pageSize } = this.#meta;
    const [lower, upper] = [page.getUint16(20, true), page.getUint16(22, true)];
    require(lower > 0 && lower % 2 === 0 && lower <= upper && upper <= pageSize - headerSize, number);
    const isLeaf = (page.getUint16(18, true) & leaf) !== 0;
    const nodes: number[] = [];
    let room = 0;
    for (let index = 0; index < lower / 2; index++) {
      const offset = page.getUint16(headerSize + index * 2, true);
      const at = offset + headerSize;
      require(offset >= upper && offset % 2 === 0 && at + nodeSize <= pageSize, number);
      const data = !isLeaf ? 0 : (page.getUint16(at + 4, true) & isLong) !== 0 ? 24 : page.getUint32(at, true);
      const size = nodeSize + page.getUint16(at + 6, true) + data;
      require(at + size <= pageSize, number);
      room += size + (size % 2);
      nodes.push(at);
    }
    require(room === pageSize - headerSize - upper, number);
    return nodes;
  }

  /** A key comes after the one before. */
  #next(bytes: Uint8Array, page: DataView, at: number, isFree: boolean, number: number): void {
    const size = page.getUint16(at + 6, true);
    require(isFree ? size === 8 : size > 0, number);
    const start = at + nodeSize;
    // Numbers of commits lie as the machine has them, and are ordered as numbers.
    if (isFree) bytes.subarray(start, start + size).reverse();
    const order = this.#end < 0 ? 1 : compare(bytes, start, start + size, this.#before, this.#from, this.#end);
    require(order > 0 || (order === 0 && this.#mayRepeat), number);
    this.#before = bytes;
    this.#from = start;
    this.#end = start + size;
    this.#mayRepeat = false;
  }

  /** What a leaf has under a key: a tree, pages of its own, or bytes. */
  #data(page: DataView, at: number, isFree: boolean, number: number, inner: Tree[]): void {
    const flags = page.getUint16(at + 4, true);
    const size = page.getUint32(at, true);
    const start = at + nodeSize + page.getUint16(at + 6, true);
    if (flags === isTree) {
      require(!isFree && size === treeSize && (page.getUint16(start + 4, true) & foreignKinds) === 0, number);
      inner.push(treeAt(page, start, number));
      return;
    }
    require(flags === 0 || flags === isLong, number);
    if (flags === 0) {
      if (isFree) this.#freePages(page, start, size, number);
      return;
    }
    const { pageSize } = this.#meta;
    const first = Number(page.getBigUint64(start, true));
    const header = this.#page(first, headerSize);
    const count = page.getBigUint64(start + 16, true);
    require((header.getUint16(18, true) & kinds) === overflow && BigInt(header.getUint32(20, true)) === count, first);
    require(Number(count) * pageSize >= headerSize + size && first + Number(count) - 1 <= this.#meta.lastPage, first);
    this.#seen.fill(1, first, first + Number(count));
    if (isFree) this.#freePages(this.#file.piece(first * pageSize + headerSize, size), 0, size, first);
  }

  /** A list of free pages: how many numbers, and these, each of a page or, below zero, of how many follow the next. */
  #freePages(view: DataView, start: number, size: number, number: number): void {
    require(size >= 8 && size % 8 === 0 && view.byteLength >= start + size, number);
    const length = Number(view.getBigInt64(start, true));
    require(length >= 0 && length < size / 8, number);
    for (let index = 1; index <= length; index++) {
      const page = Number(view.getBigInt64(start + index * 8, true));
      require(Math.abs(page) <= this.#meta.lastPage && page !== 1, number);
    }
  }
}

/** The order of two pieces of bytes. */
function compare(left: Uint8Array, from: number, end: number, right: Uint8Array, rightFrom: number, rightEnd: number): number {
  const length = Math.min(end - from, rightEnd - rightFrom);
  for (let at = 0; at < length; at++) {
    const difference = (left[from + at] ?? 0) - (right[rightFrom + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return end - from - (rightEnd - rightFrom);
}
