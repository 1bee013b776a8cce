// @ts-check
/** Owns the picture of a store: a table of its entries, in which what changes lights up. */

/** @import { Reader } from "holdall" */
/** @typedef {{ row: HTMLTableRowElement, version: number, value: HTMLTableCellElement }} Row */

/** The rows of a table, kept as a view of a store holds them. */
export class ContentsView {
  #body;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #isSilent = true;

  /** @param {HTMLTableSectionElement} body */
  constructor(body) {
    this.#body = body;
  }

  /** What is shown next is another view: nothing of it lights up. */
  reset() {
    for (const { row } of this.#rows.values()) row.remove();
    this.#rows.clear();
    this.#isSilent = true;
  }

  /**
   * Shows what a view holds.
   *
   * @param {Reader} view
   */
  show(view) {
    const gone = new Set(this.#rows.keys());
    /** @type {HTMLTableRowElement | null} */
    let above = null;
    for (const [key, value] of view) {
      const version = view.meta(key)?.version ?? 0;
      /** @type {Row} */
      const shown = this.#rows.get(key) ?? this.#add(key, above);
      gone.delete(key);
      above = shown.row;
      if (shown.version === version) continue;
      // A deadline that was set is a change, too, but shows in nothing.
      const text = textOf(value);
      if (shown.value.textContent !== text && !this.#isSilent) lightUp(shown.row);
      shown.version = version;
      shown.value.textContent = text;
    }
    for (const key of gone) {
      this.#rows.get(key)?.row.remove();
      this.#rows.delete(key);
    }
    this.#isSilent = false;
  }

  /**
   * @param {string} key
   * @param {HTMLTableRowElement | null} above
   */
  #add(key, above) {
    const row = document.createElement("tr");
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = key;
    const value = document.createElement("td");
    row.append(name, value);
    if (above) above.after(row);
    else this.#body.prepend(row);
    const shown = { row, version: -1, value };
    this.#rows.set(key, shown);
    return shown;
  }
}

/** @param {HTMLElement} row */
function lightUp(row) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const colour = getComputedStyle(row).getPropertyValue("--light");
  row.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }], { duration: 1_600, easing: "ease-out" });
}

/**
 * A value in short: JSON, with times of day in the place of dates.
 *
 * @param {unknown} value
 */
function textOf(value) {
  if (value instanceof Date) return value.toLocaleTimeString();
  if (typeof value === "string") return value;
  const text = JSON.stringify(value, function (/** @type {string} */ name, /** @type {unknown} */ part) {
    // Dates have become texts by now.
    const whole = this[name];
    return whole instanceof Date ? whole.toLocaleTimeString() : part;
  });
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
