// @ts-check
/** Owns the picture of the graph: a list of nodes in levels, with where each stands, and the edges between them. */

/**
 * @import { GraphTemplate, NodeRecord, NodeStatus, TemplateNode } from "holdall/workflow"
 */
/** @typedef {NodeStatus | "to come"} Standing Where a node stands, or one of its items. */

/** A sign for each standing, so that none shows by its colour alone. */
const signs = /** @type {const} */ ({
  "to come": "○",
  running: "◐",
  waiting: "◷",
  completed: "✓",
  pruned: "✓",
  skipped: "–",
  failed: "✕",
});

const svg = "http://www.w3.org/2000/svg";

/** The picture of one graph. */
export class GraphView {
  #list;
  #edges;
  #worker;
  /** @type {Map<string, { item: HTMLLIElement, sign: Element, note: Element, dots: Element }>} */
  #cards = new Map();
  /** @type {{ from: string, to: string, path: SVGPathElement }[]} */
  #edgesBetween = [];

  /**
   * @param {HTMLOListElement} list
   * @param {SVGSVGElement} edges Lies beneath the list, and is as large.
   * @param {GraphTemplate} template
   * @param {string} worker The name of this tab.
   */
  constructor(list, edges, template, worker) {
    this.#list = list;
    this.#edges = edges;
    this.#worker = worker;
    for (const [level, places] of levelsOf(template.nodes).entries()) {
      for (const [at, id] of places.entries()) if (id !== undefined) this.#addCard(id, level, at, places.length);
    }
    for (const { identifier: from, next_nodes } of template.nodes) {
      for (const to of next_nodes ?? []) {
        const path = document.createElementNS(svg, "path");
        edges.append(path);
        this.#edgesBetween.push({ from, to, path });
      }
    }
    new ResizeObserver(() => this.#drawEdges()).observe(list);
  }

  /**
   * Shows where the nodes stand.
   *
   * @param {Iterable<NodeRecord>} records
   */
  show(records) {
    /** @type {Map<string, NodeRecord[]>} */
    const byNode = new Map([...this.#cards.keys()].map((id) => [id, []]));
    for (const record of records) byNode.get(record.node)?.push(record);
    for (const [id, some] of byNode) this.#showCard(id, some, this.#expected(id, byNode));
    for (const { from, path } of this.#edgesBetween) path.dataset.standing = this.#cards.get(from)?.item.dataset.standing ?? "";
  }

  /**
   * How many items there are of a node, as those before it fanned out; 0 outside of fan-outs.
   *
   * @param {string} id
   * @param {ReadonlyMap<string, readonly NodeRecord[]>} records
   * @returns {number}
   */
  #expected(id, records) {
    if (!records.get(id)?.some(({ item }) => item.length > 0)) return 0;
    const before = this.#edgesBetween.filter(({ to }) => to === id).map(({ from }) => from);
    const fanouts = before.map((from) => records.get(from)?.[0]?.fanout ?? this.#expected(from, records));
    return Math.max(0, ...fanouts);
  }

  /**
   * @param {string} id
   * @param {number} level
   * @param {number} at
   * @param {number} count
   */
  #addCard(id, level, at, count) {
    const item = document.createElement("li");
    item.className = "node";
    item.style.gridRow = `${level + 1}`;
    // Two columns of two halves each: a node that is alone on its level stands in the middle.
    item.style.gridColumn = count === 1 ? "2 / span 2" : `${at * 2 + 1} / span 2`;
    const [sign, name, note, dots] = ["sign", "name", "note", "dots"].map((part) => {
      const element = document.createElement("span");
      element.className = part;
      item.append(element);
      return element;
    });
    if (!sign || !name || !note || !dots) return;
    sign.ariaHidden = "true";
    dots.ariaHidden = "true";
    name.textContent = id;
    this.#list.append(item);
    this.#cards.set(id, { item, sign, note, dots });
  }

  /**
   * @param {string} id
   * @param {readonly NodeRecord[]} records
   * @param {number} expected
   */
  #showCard(id, records, expected) {
    const card = this.#cards.get(id);
    if (!card) return;
    const standing = standingOf(records, expected);
    card.item.dataset.standing = standing;
    card.sign.textContent = signs[standing];
    card.note.textContent = expected > 0 ? noteOfItems(records, expected) : this.#noteOf(standing, records);
    const standings = new Map(records.map(({ item, status }) => [item.at(-1), status]));
    card.dots.replaceChildren(
      ...Array.from({ length: expected }, (_, at) => {
        const dot = document.createElement("i");
        dot.dataset.standing = standings.get(at) ?? "to come";
        return dot;
      }),
    );
  }

  /**
   * @param {Standing} standing
   * @param {readonly NodeRecord[]} records
   */
  #noteOf(standing, [record]) {
    if (standing === "to come") return standing;
    if (standing === "skipped") return "not chosen";
    return `${standing} by ${record?.worker === this.#worker ? "this" : "another"} tab`;
  }

  #drawEdges() {
    const gap = Number.parseFloat(getComputedStyle(this.#list).rowGap);
    const { clientWidth, clientHeight } = this.#list;
    this.#edges.setAttribute("viewBox", `0 0 ${clientWidth} ${clientHeight}`);
    for (const { from, to, path } of this.#edgesBetween) {
      const [above, below] = [this.#cards.get(from)?.item, this.#cards.get(to)?.item];
      if (!above || !below) continue;
      const [x1, y1] = [above.offsetLeft + above.offsetWidth / 2, above.offsetTop + above.offsetHeight];
      const [x2, y2] = [below.offsetLeft + below.offsetWidth / 2, below.offsetTop];
      // Straight down beside what lies between, and over to the other side right above the node that it leads to.
      const turn = Math.max(y1, y2 - gap);
      const middle = (turn + y2) / 2;
      path.setAttribute("d", `M ${x1} ${y1} V ${turn} C ${x1} ${middle}, ${x2} ${middle}, ${x2} ${y2}`);
    }
  }
}

/**
 * Where the instances of a node stand together.
 *
 * @param {readonly NodeRecord[]} records
 * @param {number} expected
 * @returns {Standing}
 */
function standingOf(records, expected) {
  const standings = new Set(records.map(({ status }) => status));
  for (const status of /** @type {const} */ (["failed", "running", "waiting"])) if (standings.has(status)) return status;
  return records.length < expected ? "running" : (records[0]?.status ?? "to come");
}

/** @type {(records: readonly NodeRecord[], expected: number) => string} */
function noteOfItems(records, expected) {
  const completed = records.filter(({ status }) => status === "completed").length;
  const again = records.filter(({ status }) => status === "waiting").length;
  return `${completed} of ${expected} done${again > 0 ? `, ${again} to try again` : ""}`;
}

/**
 * The nodes by level: each stands below all that lead to it, so that no edge goes up. An edge that passes a level takes a place there, `undefined`, so that it runs
 * beside the nodes and not behind them.
 *
 * @param {readonly TemplateNode[]} nodes
 * @returns {(string | undefined)[][]}
 */
function levelsOf(nodes) {
  const edges = nodes.flatMap(({ identifier: from, next_nodes }) => (next_nodes ?? []).map((to) => ({ from, to })));
  /** @type {Map<string, number>} */
  const levels = new Map(nodes.map(({ identifier }) => [identifier, 0]));
  const levelOf = (/** @type {string} */ id) => levels.get(id) ?? 0;
  // A way is at most as long as there are nodes.
  for (const _ of nodes) for (const { from, to } of edges) levels.set(to, Math.max(levelOf(to), levelOf(from) + 1));
  /** @type {(string | undefined)[][]} */
  const rows = Array.from({ length: 1 + Math.max(...levels.values()) }, () => []);
  for (const { identifier } of nodes) {
    for (const { from, to } of edges) {
      if (from === identifier) for (let level = levelOf(from) + 1; level < levelOf(to); level += 1) rows[level]?.push(undefined);
    }
    rows[levelOf(identifier)]?.push(identifier);
  }
  return rows;
}
