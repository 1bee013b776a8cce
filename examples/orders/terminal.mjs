// @ts-check
/** Owns what is known of the terminal: whether a line can be redrawn there, whether it has colours, and the codes for both. */

/** @typedef {"green" | "yellow" | "red" | "dim" | "bold"} Style */

const codes = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1 };

/** The output, as a terminal or as a plain stream of lines. */
export class Terminal {
  #stream;

  /**
   * @param {NodeJS.WriteStream} stream
   * @param {NodeJS.ProcessEnv} environment
   */
  constructor(stream, environment) {
    this.#stream = stream;
    /** Whether somebody watches, and a line can be redrawn. */
    this.interactive = stream.isTTY === true && environment.TERM !== "dumb";
    /** Whether colours are shown: never when `NO_COLOR` is set (no-color.org). */
    this.coloured = this.interactive && !environment.NO_COLOR;
  }

  /** How wide a line can be. */
  get columns() {
    return this.#stream.columns || 80;
  }

  /** @param {string} [text] */
  line(text = "") {
    this.#stream.write(`${text}\n`);
  }

  /**
   * Puts a text in the place of the line that was last drawn here; the cursor is hidden.
   *
   * @param {string} text
   */
  redraw(text) {
    this.#stream.write(`\r\u001b[?25l${text}\u001b[K`);
  }

  /** Ends the line that was redrawn, and shows the cursor again. */
  release() {
    this.#stream.write("\u001b[?25h\n");
  }

  /**
   * The text in a style, where there are colours.
   *
   * @param {Style} style
   * @param {string} text
   */
  paint(style, text) {
    return this.coloured ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  }
}
