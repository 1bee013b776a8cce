/**
 * Unpacks LZMA: the engine travels packed, since nothing else keeps the default entry small enough, and the libraries that there are weigh ten
 * times as much as this. Written after the format's public specification (7-zip's "LZMA specification"), for the properties that
 * `scripts/pack` packs with: `lc` 3, `lp` 0, `pb` 0, no end marker. It trusts its input, which the build has made.
 *
 * @module
 */

// Where each kind of decision has its probabilities.
const isMatch = 0;
const isRep = 12;
const isRepG0 = 24;
const isRepG1 = 36;
const isRepG2 = 48;
const isRep0Long = 60;
const slots = 72;
const distances = 328;
const alignment = 456;
const matchLengths = 472;
const repLengths = 746;
const literals = 1020;

/** Unpacks `size` bytes from a stream without a header. Costs some 60 ns a byte once it is warm. */
export function unpackLzma(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  return new Unpacking(packed, size).run();
}

/**
 * One unpacking. A class, since V8 optimises its methods once for all, and closures for each call; without `#`, since this runs cold, where
 * each such name is looked up.
 */
class Unpacking {
  private readonly packed: Uint8Array;
  private readonly out: Uint8Array<ArrayBuffer>;
  private readonly probabilities = new Uint16Array(literals + 0x1800).fill(1024);
  private at = 1;
  private range = 0xffff_ffff;
  private code = 0;

  constructor(packed: Uint8Array, size: number) {
    this.packed = packed;
    this.out = new Uint8Array(size);
    while (this.at < 5) this.code = ((this.code << 8) | (packed[this.at++] as number)) >>> 0;
  }

  run(): Uint8Array<ArrayBuffer> {
    const out = this.out;
    let state = 0;
    let rep0 = 0;
    let rep1 = 0;
    let rep2 = 0;
    let rep3 = 0;
    for (let written = 0; written < out.length; ) {
      if (!this.bit(isMatch + state)) {
        out[written] = this.literal(written, state > 6 ? (out[written - rep0 - 1] as number) : -1);
        written++;
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      let run: number;
      if (!this.bit(isRep + state)) {
        rep3 = rep2;
        rep2 = rep1;
        rep1 = rep0;
        run = this.length(matchLengths);
        rep0 = this.distance(run);
        state = state < 7 ? 7 : 10;
      } else {
        if (this.bit(isRepG0 + state)) {
          const last = rep0;
          if (!this.bit(isRepG1 + state)) {
            rep0 = rep1;
          } else {
            if (!this.bit(isRepG2 + state)) {
              rep0 = rep2;
            } else {
              rep0 = rep3;
              rep3 = rep2;
            }
            rep2 = rep1;
          }
          rep1 = last;
        } else if (!this.bit(isRep0Long + state)) {
          state = state < 7 ? 9 : 11;
          out[written] = out[written - rep0 - 1] as number;
          written++;
          continue;
        }
        run = this.length(repLengths);
        state = state < 7 ? 8 : 11;
      }
      for (run += 2; run > 0; run--, written++) out[written] = out[written - rep0 - 1] as number;
    }
    return out;
  }

  /** The next decision, by the probability in a place, which learns from it. */
  private bit(place: number): number {
    const probability = this.probabilities[place] as number;
    const bound = (this.range >>> 11) * probability;
    if (this.code < bound) {
      this.probabilities[place] = probability + ((2048 - probability) >> 5);
      this.keep(bound, this.code);
      return 0;
    }
    this.probabilities[place] = probability - (probability >> 5);
    this.keep(this.range - bound, this.code - bound);
    return 1;
  }

  /** Keeps the range and the code within it, the range wide. */
  private keep(range: number, code: number): void {
    const isNarrow = range < 0x100_0000;
    this.range = isNarrow ? (range << 8) >>> 0 : range;
    this.code = isNarrow ? ((code << 8) | (this.packed[this.at++] as number)) >>> 0 : code;
  }

  /** A number of so many bits, the highest first, each foretold by the ones before it. */
  private tree(place: number, bits: number): number {
    let node = 1;
    for (let left = bits; left > 0; left--) node = (node << 1) | this.bit(place + node);
    return node - (1 << bits);
  }

  /** The same, the lowest first. */
  private reverseTree(place: number, bits: number): number {
    let number = 0;
    for (let index = 0, node = 1; index < bits; index++) {
      const next = this.bit(place + node);
      node = (node << 1) | next;
      number |= next << index;
    }
    return number;
  }

  /** A byte; after a match, `expected` is what would have gone on with it, which foretells the bits until one differs. */
  private literal(written: number, expected: number): number {
    const place = literals + 0x300 * ((this.out[written - 1] ?? 0) >> 5);
    let node = 1;
    for (let shift = 7; expected >= 0 && shift >= 0; shift--) {
      const foretold = (expected >> shift) & 1;
      const next = this.bit(place + ((1 + foretold) << 8) + node);
      node = (node << 1) | next;
      if (next !== foretold) break;
    }
    while (node < 0x100) node = (node << 1) | this.bit(place + node);
    return node;
  }

  /** The length of a match, less two. */
  private length(place: number): number {
    if (!this.bit(place)) return this.tree(place + 2, 3);
    return this.bit(place + 1) ? 16 + this.tree(place + 18, 8) : 8 + this.tree(place + 10, 3);
  }

  /** How far back a match of a length begins, less one. */
  private distance(length: number): number {
    const slot = this.tree(slots + (Math.min(length, 3) << 6), 6);
    if (slot < 4) return slot;
    let bits = (slot >> 1) - 1;
    let distance = (2 | (slot & 1)) << bits;
    if (slot < 14) return distance + this.reverseTree(distances + distance - slot - 1, bits);
    // The middle bits are as likely set as not.
    for (; bits > 4; bits--) {
      const range = this.range >>> 1;
      const isSet = this.code >= range;
      if (isSet) distance += 1 << (bits - 1);
      this.keep(range, isSet ? this.code - range : this.code);
    }
    return distance + this.reverseTree(alignment, 4);
  }
}
