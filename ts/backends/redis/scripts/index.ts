/**
 * The scripts, each sent to a server when it is first used there.
 *
 * @module
 */

import { Script } from "../script.js";
import { commitScript } from "./commit.js";
import { forgetScript, headScript, openScript, removeScript, upgradeScript } from "./opening.js";
import { newsScript, scanScript } from "./telling.js";

/** The scripts by their names. */
export const scripts = {
  commit: /* @__PURE__ */ new Script(commitScript),
  forget: /* @__PURE__ */ new Script(forgetScript),
  head: /* @__PURE__ */ new Script(headScript),
  news: /* @__PURE__ */ new Script(newsScript),
  open: /* @__PURE__ */ new Script(openScript),
  remove: /* @__PURE__ */ new Script(removeScript),
  scan: /* @__PURE__ */ new Script(scanScript),
  upgrade: /* @__PURE__ */ new Script(upgradeScript),
};
