/**
 * Packs by LZMA, as small as the format lets it be: seconds for what `ts/lzma.ts` unpacks in a blink. Written after the format's public
 * specification, for `lc` 3, `lp` 0, `pb` 0, without a header and without an end marker.
 *
 * How the bytes are cut into literals and matches is a shortest path: each place keeps the cheapest few ways to it, since what a way has
 * repeated lately decides what its next steps cost. Costs are those of the moment, so the path is sought in windows, and half of each is written.
 *
 * @module
 */

// Where each kind of decision has its probabilities: as in ts/lzma.ts.
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

const longest = 273;
/** A match as long is taken whole. */
const nice = 96;
/** How far ahead the path is sought. */
const window = 512;
/** Ways that are kept to a place. */
const ways = 8;
/** Candidates of a place that are looked at. */
const chain = 2048;

/** The bits that a decision costs, by its probability of 32. */
const prices = Float64Array.from({ length: 2049 }, (_, probability) => -Math.log2(Math.max(probability, 1) / 2048));

/** Walks through the decisions of a step; what becomes of each is up to who extends this. */
class Walk {
  /** @param {Uint16Array} probabilities */
  constructor(probabilities) {
    this.probabilities = probabilities;
  }

  /** @param {number} place @param {number} bit */
  bit(place, bit) {
    throw new Error(`${place} ${bit}`);
  }

  /** Bits that are as likely set as not. @param {number} value @param {number} count */
  direct(value, count) {
    throw new Error(`${value} ${count}`);
  }

  /** @param {number} place @param {number} bits @param {number} value */
  tree(place, bits, value) {
    for (let node = 1, shift = bits - 1; shift >= 0; shift--) {
      const bit = (value >> shift) & 1;
      this.bit(place + node, bit);
      node = (node << 1) | bit;
    }
  }

  /** @param {number} place @param {number} bits @param {number} value */
  reverseTree(place, bits, value) {
    for (let node = 1, index = 0; index < bits; index++) {
      const bit = (value >> index) & 1;
      this.bit(place + node, bit);
      node = (node << 1) | bit;
    }
  }

  /** @param {number} before @param {number} byte @param {number} expected - what would go on with the last match; less than zero after a literal */
  literal(before, byte, expected) {
    const place = literals + 0x300 * (before >> 5);
    let foretells = expected >= 0;
    for (let node = 1, shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1;
      const foretold = (expected >> shift) & 1;
      this.bit(place + (foretells ? (1 + foretold) << 8 : 0) + node, bit);
      foretells &&= foretold === bit;
      node = (node << 1) | bit;
    }
  }

  /** @param {number} place @param {number} length */
  length(place, length) {
    const rest = length - 2;
    this.bit(place, rest < 8 ? 0 : 1);
    if (rest < 8) return this.tree(place + 2, 3, rest);
    this.bit(place + 1, rest < 16 ? 0 : 1);
    return rest < 16 ? this.tree(place + 10, 3, rest - 8) : this.tree(place + 18, 8, rest - 16);
  }

  /** @param {number} distance - less one @param {number} length */
  distance(distance, length) {
    const slot = slotOf(distance);
    this.tree(slots + (Math.min(length - 2, 3) << 6), 6, slot);
    if (slot < 4) return;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) << bits;
    if (slot < 14) return this.reverseTree(distances + base - slot - 1, bits, distance - base);
    this.direct((distance - base) >> 4, bits - 4);
    this.reverseTree(alignment, 4, distance & 15);
  }

  /** Which of the four latest distances is repeated. @param {number} state @param {number} index */
  rep(state, index) {
    this.bit(isRepG0 + state, index === 0 ? 0 : 1);
    if (index === 0) return;
    this.bit(isRepG1 + state, index === 1 ? 0 : 1);
    if (index > 1) this.bit(isRepG2 + state, index - 2);
  }
}

/** @param {number} distance */
function slotOf(distance) {
  if (distance < 4) return distance;
  const top = 31 - Math.clz32(distance);
  return (top << 1) | ((distance >> (top - 1)) & 1);
}

/** Adds up what decisions cost. */
class Pricing extends Walk {
  cost = 0;

  /** @override @param {number} place @param {number} bit */
  bit(place, bit) {
    const probability = /** @type {number} */ (this.probabilities[place]);
    this.cost += /** @type {number} */ (prices[bit === 0 ? probability : 2048 - probability]);
  }

  /** @override @param {number} _value @param {number} count */
  direct(_value, count) {
    this.cost += count;
  }

  /** What the decisions of a call cost. @param {() => void} call */
  of(call) {
    this.cost = 0;
    call();
    return this.cost;
  }
}

/** Writes decisions by a range coder, and learns from them. */
class Writing extends Walk {
  /** @type {number[]} */
  bytes = [];
  #low = 0;
  #range = 0xffff_ffff;

  /** @override @param {number} place @param {number} bit */
  bit(place, bit) {
    const probability = /** @type {number} */ (this.probabilities[place]);
    const bound = (this.#range >>> 11) * probability;
    this.probabilities[place] = bit === 0 ? probability + ((2048 - probability) >> 5) : probability - (probability >> 5);
    this.#keep(bit === 0 ? 0 : bound, bit === 0 ? bound : this.#range - bound);
  }

  /** @override @param {number} value @param {number} count */
  direct(value, count) {
    for (let shift = count - 1; shift >= 0; shift--) {
      const half = this.#range >>> 1;
      this.#keep((value >> shift) & 1 ? half : 0, half);
    }
  }

  end() {
    for (let byte = 0; byte < 4; byte++) this.#shift();
    return Uint8Array.from([0, ...this.bytes]);
  }

  /** @param {number} added @param {number} range */
  #keep(added, range) {
    this.#low += added;
    if (this.#low > 0xffff_ffff) {
      this.#low -= 0x1_0000_0000;
      let last = this.bytes.length - 1;
      while (this.bytes[last] === 0xff) this.bytes[last--] = 0;
      this.bytes[last] = /** @type {number} */ (this.bytes[last]) + 1;
    }
    this.#range = range;
    if (range < 0x100_0000) this.#shift();
  }

  #shift() {
    this.bytes.push(this.#low >>> 24);
    this.#low = (this.#low << 8) >>> 0;
    this.#range = (this.#range << 8) >>> 0;
  }
}

/**
 * A way to a place: what it costs, and the step that ends there.
 *
 * @typedef {{ cost: number, from: Way | undefined, at: number, state: number, reps: number[], kind: number, length: number }} Way
 */

/** Kinds of steps: a literal, one of the four latest distances, and from here on a distance. */
const literalKind = -1;
const firstDistance = 4;

/**
 * Bytes packed by LZMA.
 *
 * @param {Uint8Array} bytes
 */
export function packLzma(bytes) {
  const probabilities = new Uint16Array(literals + 0x1800).fill(1024);
  const writing = new Writing(probabilities);
  const pricing = new Pricing(probabilities);
  const matches = matchesOf(bytes);
  /** @type {Way} */
  let start = { cost: 0, from: undefined, at: 0, state: 0, reps: [0, 0, 0, 0], kind: literalKind, length: 0 };
  while (start.at < bytes.length) {
    const end = Math.min(start.at + window, bytes.length);
    const steps = shortest(bytes, matches, pricing, start, end);
    const enough = end === bytes.length ? end : start.at + window / 2;
    for (const step of steps) {
      if (start.at >= enough) break;
      write(writing, bytes, start, step);
      start = step;
    }
    start = { ...start, cost: 0, from: undefined };
  }
  return writing.end();
}

/** @param {Writing} writing @param {Uint8Array} bytes @param {Way} before @param {Way} step */
function write(writing, bytes, before, step) {
  const { state, at } = before;
  writing.bit(isMatch + state, step.kind === literalKind ? 0 : 1);
  if (step.kind === literalKind) return writing.literal(bytes[at - 1] ?? 0, byteAt(bytes, at), expectedAt(bytes, before));
  writing.bit(isRep + state, step.kind < firstDistance ? 1 : 0);
  if (step.kind >= firstDistance) {
    writing.length(matchLengths, step.length);
    return writing.distance(step.kind - firstDistance, step.length);
  }
  writing.rep(state, step.kind);
  if (step.kind === 0) writing.bit(isRep0Long + state, step.length === 1 ? 0 : 1);
  if (step.length > 1) writing.length(repLengths, step.length);
}

/** @param {Uint8Array} bytes @param {number} at */
function byteAt(bytes, at) {
  return /** @type {number} */ (bytes[at]);
}

/** @param {Uint8Array} bytes @param {Way} way */
function expectedAt(bytes, { state, at, reps }) {
  return state > 6 ? byteAt(bytes, at - /** @type {number} */ (reps[0]) - 1) : -1;
}

/**
 * The cheapest steps from a way to a place.
 *
 * @param {Uint8Array} bytes
 * @param {number[][]} matches
 * @param {Pricing} pricing
 * @param {Way} start
 * @param {number} end
 */
function shortest(bytes, matches, pricing, start, end) {
  const lengthPrices = Array.from({ length: longest + 1 }, (_, length) =>
    length < 2 ? 0 : pricing.of(() => pricing.length(matchLengths, length)),
  );
  const repPrices = Array.from({ length: longest + 1 }, (_, length) =>
    length < 2 ? 0 : pricing.of(() => pricing.length(repLengths, length)),
  );
  /** @type {Map<number, number>} */
  const distancePrices = new Map();
  /** @param {number} distance @param {number} length */
  const distancePrice = (distance, length) => {
    const name = distance * 4 + Math.min(length - 2, 3);
    let price = distancePrices.get(name);
    if (price === undefined) {
      price = pricing.of(() => pricing.distance(distance, length));
      distancePrices.set(name, price);
    }
    return price;
  };
  /** @param {number} place @param {number} bit */
  const price = (place, bit) => {
    const probability = /** @type {number} */ (pricing.probabilities[place]);
    return /** @type {number} */ (prices[bit === 0 ? probability : 2048 - probability]);
  };
  /** @type {Way[][]} */
  const places = Array.from({ length: end - start.at + 1 }, () => []);
  places[0]?.push(start);
  /** @param {Way} from @param {number} cost @param {number} kind @param {number} length */
  const offer = (from, cost, kind, length) => {
    const at = from.at + length;
    const place = /** @type {Way[]} */ (places[at - start.at]);
    const last = place[place.length - 1];
    if (last !== undefined && place.length === ways && cost >= last.cost) return;
    const { state } = from;
    let { reps } = from;
    let after;
    if (kind === literalKind) after = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    else if (kind >= firstDistance) {
      after = state < 7 ? 7 : 10;
      reps = [kind - firstDistance, ...reps.slice(0, 3)];
    } else {
      after = length === 1 ? (state < 7 ? 9 : 11) : state < 7 ? 8 : 11;
      if (kind > 0) reps = [/** @type {number} */ (reps[kind]), ...reps.filter((_, index) => index !== kind)];
    }
    const same = place.findIndex((way) => way.state === after && way.reps.every((rep, index) => rep === reps[index]));
    if (same >= 0) {
      if (/** @type {Way} */ (place[same]).cost <= cost) return;
      place.splice(same, 1);
    } else if (place.length === ways) place.pop();
    let index = place.length;
    while (index > 0 && /** @type {Way} */ (place[index - 1]).cost > cost) index--;
    place.splice(index, 0, { cost, from, at, state: after, reps, kind, length });
  };
  /** How far the same as before goes on from a place. @param {number} at @param {number} distance - less one */
  const reach = (at, distance) => {
    const from = at - distance - 1;
    const most = from < 0 ? 0 : Math.min(longest, end - at);
    let length = 0;
    while (length < most && bytes[from + length] === bytes[at + length]) length++;
    return length;
  };
  for (let at = start.at; at < end; at++) {
    const place = /** @type {Way[]} */ (places[at - start.at]);
    const found = /** @type {number[]} */ (matches[at]);
    const most = Math.min(longest, end - at);
    const whole = Math.min(found[found.length - 1] ?? 0, most);
    if (whole >= nice) place.length = Math.min(place.length, 1);
    for (const way of place) {
      const { state, reps } = way;
      const match = way.cost + price(isMatch + state, 1);
      for (let index = 0; index < 4; index++) {
        let length = reach(at, /** @type {number} */ (reps[index]));
        if (length === 0) continue;
        pricing.cost = match + price(isRep + state, 1);
        pricing.rep(state, index);
        if (index === 0) offer(way, pricing.cost + price(isRep0Long + state, 0), 0, 1);
        const long = pricing.cost + (index === 0 ? price(isRep0Long + state, 1) : 0);
        for (const least = length < nice ? 2 : length; length >= least; length--)
          offer(way, long + /** @type {number} */ (repPrices[length]), index, length);
      }
      const simple = match + price(isRep + state, 0);
      for (let length = whole < nice ? 2 : whole, index = 0; index < found.length; index += 2) {
        const distance = /** @type {number} */ (found[index]);
        for (; length <= /** @type {number} */ (found[index + 1]) && length <= most; length++) {
          const cost = simple + /** @type {number} */ (lengthPrices[length]) + distancePrice(distance, length);
          offer(way, cost, distance + firstDistance, length);
        }
      }
      if (whole >= nice) continue;
      pricing.cost = way.cost + price(isMatch + state, 0);
      pricing.literal(bytes[at - 1] ?? 0, byteAt(bytes, at), expectedAt(bytes, way));
      offer(way, pricing.cost, literalKind, 1);
    }
  }
  /** @type {Way[]} */
  const steps = [];
  for (let way = places[end - start.at]?.[0]; way?.from !== undefined; way = way.from) steps.push(way);
  return steps.reverse();
}

/**
 * Of each place, the nearest match of each length: distance less one and the longest that it goes, by turns.
 *
 * @param {Uint8Array} bytes
 */
function matchesOf(bytes) {
  const last = new Int32Array(0x1_0000).fill(-1);
  const previous = new Int32Array(bytes.length);
  return Array.from(bytes, (byte, at) => {
    const name = byte | (byteAt(bytes, at + 1) << 8);
    /** @type {number[]} */
    const found = [];
    const most = Math.min(longest, bytes.length - at);
    let best = 1;
    for (let from = /** @type {number} */ (last[name]), left = chain; from >= 0 && left > 0 && best < most; left--) {
      if (bytes[from + best] === bytes[at + best]) {
        let length = 2;
        while (length < most && bytes[from + length] === bytes[at + length]) length++;
        if (length > best) {
          found.push(at - from - 1, length);
          best = length;
        }
      }
      from = /** @type {number} */ (previous[from]);
    }
    previous[at] = /** @type {number} */ (last[name]);
    last[name] = at;
    return found;
  });
}
