// @ts-check
/**
 * Owns the code of the nodes in orders.json, the way of an order: validate → reserve → charge → ship. All that the job knows is in its run's store:
 *
 * | key               | value                                                                       |
 * | ----------------- | --------------------------------------------------------------------------- |
 * | `orders:<order>`  | how far it got (`OrderRecord`); tagged when somebody has to look at it      |
 * | `stock:<article>` | how many are left, held for orders and shipped                              |
 * | `payments:<key>`  | the order that an idempotency key belongs to; forgotten after 15 minutes    |
 * | `shipments:<order>` | the parcel                                                                |
 *
 * What `post` writes commits together with the node's status, or not at all: so a process may be killed anywhere, and no order is half reserved. What
 * `exec` does outside may have been done by a process that was killed before it could say so: so it looks first, or gives a reference.
 */
import { defineNode, fanout } from "holdall/workflow";
import { NotServed } from "./carrier.mjs";
import { Declined } from "./gateway.mjs";
import { isCount, isName, readOrders, readStock } from "./input.mjs";
import { euros } from "./money.mjs";
import { PassingFailure } from "./outside.mjs";
import { end, note, stop } from "./records.mjs";
import { totalsOf } from "./totals.mjs";
import { findProblem } from "./validate.mjs";

/**
 * @import { StoreWriter, Ttl } from "holdall"
 * @import { RetryPolicy } from "holdall/workflow"
 * @import { Carrier } from "./carrier.mjs"
 * @import { PaymentGateway } from "./gateway.mjs"
 * @import { InputLine, Order, OrderLine, Stock } from "./input.mjs"
 * @import { Stop } from "./records.mjs"
 */
/** @typedef {{ left: number, held: number, shipped: number }} Shelf How many are free, reserved, and gone to customers. */
/** @typedef {{ keyLifetime: Ttl, reviewFromCents: string }} Terms */

const tries = 4;

/**
 * The code of the nodes.
 *
 * @param {{ gateway: Pick<PaymentGateway, "charge" | "find">, carrier: Pick<Carrier, "book"> }} companies
 */
export function orderNodes({ gateway, carrier }) {
  const validate = defineNode({
    exec: (/** @type {Terms & { orders: string, stock: string }} */ input) => ({
      lines: readOrders(input.orders),
      stock: readStock(input.stock),
    }),
    post: (store, { input, exec: { lines, stock } }) => {
      const shelves = Object.entries(stock).map(([article, { quantity }]) => [`stock:${article}`, { left: quantity, held: 0, shipped: 0 }]);
      store.setMany(/** @type {[string, Shelf][]} */ (shelves));
      return lines.flatMap((line) => accept(store, line, stock, input));
    },
  });

  // First come, first served; from here on each order goes its own way.
  const reserve = defineNode({
    post: (store, { input: { orders } }) => fanout(orders.filter((/** @type {Order} */ order) => hold(store, order))),
  });

  const charge = defineNode({
    // One try more than calls: the last one only looks whether the money was taken after all.
    retry: patience(tries + 1),
    exec: async (/** @type {{ order: Order }} */ { order }, { attempt, signal }) => {
      const { id, key, card, totalCents } = order;
      const before = await gateway.find(key, signal);
      // The shop has forgotten the key, the gateway has not.
      if (before && before.order !== id) return stop("duplicate", undefined, `the same as ${before.order}`);
      if (before) return undefined;
      if (attempt > tries) return stop("attention", "payment", "the payment gateway did not answer");
      try {
        await gateway.charge({ key, order: id, card, cents: totalCents }, signal);
        return undefined;
      } catch (error) {
        if (error instanceof Declined) return stop("rejected", "card declined", error.message);
        throw error;
      }
    },
    post: (store, { input: { order }, exec: stopped }, { attempt }) => {
      const retries = attempt - 1;
      if (stopped) {
        move(store, piecesOf(order.lines), "held", "left");
        return end(store, order.id, stopped, retries);
      }
      note(store, order.id, { status: "charged" }, retries);
      return null;
    },
  });

  const ship = defineNode({
    retry: patience(tries),
    exec: async (/** @type {{ order: Order }} */ { order }, { run, instance, attempt, signal }) => {
      try {
        // The reference is the same for every try, and for every process.
        return await carrier.book({ reference: `${run}/${instance}`, order: order.id, postcode: order.address.postcode }, signal);
      } catch (error) {
        if (error instanceof NotServed || (error instanceof PassingFailure && attempt === tries))
          return stop("attention", "carrier", `paid, but ${error.message}`);
        throw error;
      }
    },
    post: (store, { input: { order }, exec: booked }, { attempt }) => {
      if ("status" in booked) return end(store, order.id, booked, attempt - 1);
      move(store, piecesOf(order.lines), "held", "shipped");
      store.set(`shipments:${order.id}`, { tracking: booked.tracking ?? "", bookedAt: new Date() });
      note(store, order.id, { status: "shipped" }, attempt - 1);
      return null;
    },
  });

  const close = defineNode({ prep: (store) => ({ totals: totalsOf(store), keys: [...store.keys({ prefix: "payments:" })].length }) });

  return { validate, reserve, charge, ship, close };
}

/**
 * Opens the record of a line. Gives its order, if there is nothing against it.
 *
 * @param {StoreWriter} store
 * @param {InputLine} line
 * @param {Stock} stock
 * @param {Terms} terms
 * @returns {Order[]}
 */
function accept(store, line, stock, terms) {
  const order = /** @type {Order} */ (line.order ?? {});
  const isNew = isName(order.id) && !store.has(`orders:${order.id}`);
  const id = isNew ? order.id : `line ${line.number}`;
  const record = { status: "accepted", line: line.number, cents: isCount(order.totalCents) ? order.totalCents : 0, retries: 0 };
  store.set(`orders:${id}`, record);
  const problem = line.problem ?? findProblem(line.order, stock) ?? (isNew ? undefined : `the id ${order.id} was used before`);
  const stopped = problem === undefined ? objectionTo(store, order, Number(terms.reviewFromCents)) : stop("rejected", "invalid", problem);
  if (stopped) end(store, id, stopped);
  else store.set(`payments:${order.key}`, id, { ttl: terms.keyLifetime });
  return stopped ? [] : [order];
}

/**
 * What there is against a valid order. Of two orders with one idempotency key, one is taken.
 *
 * @type {(store: StoreWriter, order: Order, reviewFromCents: number) => Stop | undefined}
 */
function objectionTo(store, { key, totalCents }, reviewFromCents) {
  if (totalCents >= reviewFromCents) return stop("attention", "review", `somebody must agree from ${euros(reviewFromCents)} on`);
  const first = store.get(`payments:${key}`);
  return first === undefined ? undefined : stop("duplicate", undefined, `the same as ${first}`);
}

/**
 * Holds the pieces of an order, if there are enough: all of them, or none.
 *
 * @param {StoreWriter} store
 * @param {Order} order
 */
function hold(store, { id, lines }) {
  const pieces = piecesOf(lines);
  const missing = pieces.find(([article, quantity]) => shelfOf(store, article).left < quantity);
  if (missing) end(store, id, stop("rejected", "out of stock", `too few left of ${missing[0]}`));
  else {
    move(store, pieces, "left", "held");
    note(store, id, { status: "reserved" });
  }
  return !missing;
}

/** @type {(tries: number) => RetryPolicy} */
const patience = (attempts) => ({ attempts, delay: 20, when: (error) => error instanceof PassingFailure });

/**
 * How many pieces of which articles.
 *
 * @param {readonly OrderLine[]} lines
 */
function piecesOf(lines) {
  /** @type {Map<string, number>} */
  const pieces = new Map();
  for (const { article, quantity } of lines) pieces.set(article, (pieces.get(article) ?? 0) + quantity);
  return [...pieces];
}

/** @type {(store: StoreWriter, article: string) => Shelf} */
const shelfOf = (store, article) => /** @type {Shelf} */ (store.getOrThrow(`stock:${article}`));

/**
 * Moves pieces from one column of their shelves to another.
 *
 * @param {StoreWriter} store
 * @param {readonly (readonly [article: string, quantity: number])[]} pieces
 * @param {keyof Shelf} from
 * @param {keyof Shelf} to
 */
function move(store, pieces, from, to) {
  for (const [article, quantity] of pieces) {
    const shelf = shelfOf(store, article);
    store.set(`stock:${article}`, { ...shelf, [from]: shelf[from] - quantity, [to]: shelf[to] + quantity });
  }
}
