// @ts-check
/**
 * Makes the orders of the example: one busy hour of a kitchen shop, the same for the same seed. Run once; the result is committed:
 *
 *     node examples/orders/generate.mjs > examples/orders/orders.jsonl
 *
 * Most orders are ordinary. The rest are trouble by design: see `troubles`.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** @import { Order, Stock } from "./input.mjs" */

const opening = Date.parse("2026-11-27T08:00:00Z");
const hour = 3_600_000;

const firstNames = [
  "Ada",
  "Bilal",
  "Chiara",
  "Dmitri",
  "Elif",
  "Femi",
  "Greta",
  "Hugo",
  "Ines",
  "Jonas",
  "Kaia",
  "Luis",
  "Mina",
  "Noor",
  "Oskar",
  "Pia",
];
const lastNames = [
  "Abara",
  "Brandt",
  "Costa",
  "Dubois",
  "Eriksen",
  "Ferrari",
  "Grau",
  "Horvat",
  "Ito",
  "Janssen",
  "Kaya",
  "Lindqvist",
  "Moreau",
  "Novak",
];
/** @type {readonly (readonly [city: string, postcode: string])[]} */
const cities = [
  ["Bordeaux", "33000"],
  ["Grenoble", "38000"],
  ["Lille", "59000"],
  ["Lyon", "69003"],
  ["Marseille", "13001"],
  ["Nantes", "44000"],
  ["Nice", "06000"],
  ["Paris", "75011"],
  ["Saint-Étienne", "42000"],
  ["Toulouse", "31000"],
];

/**
 * How many orders get into which trouble, and what makes an ordinary order one of those.
 *
 * @type {readonly (readonly [count: number, spoil: (order: Order) => object])[]}
 */
const troubles = [
  // Invalid, in seven ways.
  [4, () => ({ lines: [] })],
  [4, ({ lines: [line, ...others] }) => ({ lines: [{ ...line, quantity: 0 }, ...others] })],
  [3, ({ lines: [line, ...others] }) => ({ lines: [{ ...line, article: "samovar" }, ...others] })],
  [3, ({ lines: [line, ...others] }) => ({ lines: [{ ...line, priceCents: 100 }, ...others] })],
  [4, ({ totalCents }) => ({ totalCents: totalCents + 100 })],
  [3, () => ({ address: undefined })],
  [2, () => ({ card: "" })],
  // Cards that gateway.mjs treats in their own ways: declined, busy, the answer lost, never an answer.
  [14, () => ({ card: "visa-0002" })],
  [16, () => ({ card: "visa-0119" })],
  [10, () => ({ card: "visa-0127" })],
  [4, () => ({ card: "visa-0341" })],
  // An island that no carrier serves.
  [3, () => ({ address: { city: "Île de Sein", postcode: "99990" } })],
];
const bulkBuyers = 7;
const repeated = 14;

/**
 * The orders, by time.
 *
 * @param {Stock} stock
 * @param {number} [seed]
 * @returns {Order[]}
 */
export function generateOrders(stock, seed = 2026) {
  const random = randomNumbers(seed);
  const whole = (/** @type {number} */ below) => Math.floor(random() * below);
  /** @type {<T>(list: readonly T[]) => T} */
  const pick = (list) => /** @type {any} */ (list[whole(list.length)]);
  const hexadecimal = () =>
    whole(2 ** 32)
      .toString(16)
      .padStart(8, "0");

  const placeOrder = (/** @type {number} */ moment) => {
    const customer = `${pick(firstNames)} ${pick(lastNames)}`;
    const [city, postcode] = pick(cities);
    const articles = new Set(Array.from({ length: 1 + whole(3) }, () => pick(Object.keys(stock))));
    const lines = [...articles].map((article) => {
      const priceCents = stock[article]?.priceCents ?? 0;
      return { article, quantity: 1 + whole(priceCents < 2500 ? 3 : 1), priceCents };
    });
    const placedAt = new Date(moment).toISOString();
    return {
      id: "",
      key: `key-${hexadecimal()}`,
      placedAt,
      customer,
      card: "visa-4242",
      address: { city, postcode },
      lines,
      totalCents: sum(lines),
    };
  };

  const orders = Array.from({ length: 386 }, () => placeOrder(opening + whole(hour / 1000) * 1000));

  const untouched = [...orders];
  const takeAny = () => /** @type {Order} */ (untouched.splice(whole(untouched.length), 1)[0]);
  for (const [count, spoil] of troubles) {
    for (let made = 0; made < count; made += 1) {
      const order = takeAny();
      Object.assign(order, spoil(order));
    }
  }
  for (let made = 0; made < bulkBuyers; made += 1) {
    const order = takeAny();
    for (const line of order.lines) line.quantity += 25 + whole(15);
    order.totalCents = sum(order.lines);
  }
  // The same order sent again, by a second click or an impatient browser: under a new id, but with the same key.
  for (let made = 0; made < repeated; made += 1) {
    const order = takeAny();
    const again = new Date(Date.parse(order.placedAt) + 1000 + whole(90) * 1000).toISOString();
    orders.push({ ...structuredClone(order), placedAt: again });
  }

  orders.sort((one, other) => Date.parse(one.placedAt) - Date.parse(other.placedAt));
  return orders.map((order, index) => ({ ...order, id: `A-${String(index + 1).padStart(4, "0")}` }));
}

/** @param {readonly { quantity: number, priceCents: number }[]} lines */
function sum(lines) {
  return lines.reduce((cents, line) => cents + line.quantity * line.priceCents, 0);
}

/**
 * Numbers from 0 to 1, always the same for a seed (mulberry32).
 *
 * @param {number} seed
 */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const stock = JSON.parse(readFileSync(new URL("stock.json", import.meta.url), "utf8"));
  for (const order of generateOrders(stock)) console.log(JSON.stringify(order));
}
