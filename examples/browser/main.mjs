// @ts-check
/**
 * Owns the page: opens the store of this origin, takes part in its runs, and shows the latest one: its graph, its store, what happens. All tabs show the same, since all
 * that is shown is data in the store. `?pace=0.2` is five times as fast.
 */
import { openStore } from "holdall";
import { indexedDb } from "holdall/backends/indexeddb";
import { createRunner } from "holdall/workflow";
import { ContentsView } from "./contents-view.mjs";
import { GraphView } from "./graph-view.mjs";
import { storyNodes } from "./nodes.mjs";
import { nameTab } from "./tab.mjs";

/**
 * @import { Change, Reader } from "holdall"
 * @import { NodeRecord, RunStatus } from "holdall/workflow"
 */

const places = ["Lisbon", "Bergen", "Palermo", "Oulu", "Trieste", "Ghent"];
const mostEvents = 30;

/** @type {(id: string) => any} */
const element = (id) => document.getElementById(id);
const pace = Number(new URLSearchParams(location.search).get("pace") ?? 1);

start().catch((error) => {
  element("problem").hidden = false;
  element("problem").textContent = `${error.code ?? error.name}: ${error.message}`;
});

async function start() {
  const template = await (await fetch("story.json")).json();
  const store = await openStore({ backend: indexedDb({ database: "holdall-story" }), name: "story" });
  const worker = await nameTab();
  const runner = createRunner({
    store,
    worker,
    nodes: storyNodes(pace),
    concurrency: 2,
    lease: 5_000,
    retention: { store: null, completed: null },
  });
  await runner.upsertGraph("story", template);
  runner.work();

  const graph = new GraphView(element("graph"), element("edges"), template, worker);
  const contents = new ContentsView(element("entries"));
  element("tab").textContent = worker;
  element("start").addEventListener("click", async () => {
    element("start").disabled = true;
    // The stories before, all of which have ended.
    store.deleteMany([...store.keys({ prefix: "run:" })]);
    const place = places[Math.floor(Math.random() * places.length)] ?? "Lisbon";
    await runner.trigger("story", { store: { place } });
  });
  element("all").addEventListener("change", () => {
    contents.reset();
    show();
  });

  /** @type {string | undefined} */
  let shown;
  const show = () => {
    const id = latestRun(store.reader());
    if (id !== shown) contents.reset();
    shown = id;
    const progress = id === undefined ? undefined : runner.inspect(id);
    const status = progress?.run.status;
    graph.show(progress?.nodes.values() ?? []);
    const scope = id?.split(":").reduce((view, name) => view.scope(name), store.reader().scope("run"));
    if (scope) contents.show(element("all").checked ? scope : scope.scope("store"));
    element("status").textContent = sentenceOf(status);
    element("status").dataset.status = status ?? "none";
    element("start").disabled = status === "running";
    const { backlog, state } = store.status;
    element("backlog").textContent = backlog === 0 ? `${state}, everything is on the disk` : `${state}, ${backlog} bytes on their way`;
  };

  let isPlanned = false;
  store.subscribe(() => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      show();
    });
  });
  store.watch({ prefix: "run:story:" }, (/** @type {Change<any>} */ change) => tell(change, worker));
  show();
  element("start").focus();
}

/**
 * The run that began last: ids sort by time.
 *
 * @param {Reader} store
 */
function latestRun(store) {
  const anyTags = ["run:running", "run:completed", "run:failed", "run:cancelled"];
  return [...store.find({ anyTags, prefix: "run:story:" })].at(-1)?.slice("run:".length, -":run".length);
}

/** @param {RunStatus | undefined} status */
function sentenceOf(status) {
  if (status === undefined) return "No story yet. Begin one, and open this page in a second tab.";
  if (status === "running") return "A story is on its way. Reload the page, or close it and come back: it goes on.";
  return status === "completed" ? "The story is published." : `The story was ${status}.`;
}

/**
 * Adds a line to what happens, for a change of a node's record.
 *
 * @param {Change<NodeRecord>} change
 * @param {string} worker
 */
function tell({ key, value, previous }, worker) {
  const [, instance] = /^run:[^:]+:[^:]+:node:(.+)$/.exec(key) ?? [];
  const isNew = value?.status !== previous?.status || value?.starts !== previous?.starts;
  if (instance === undefined || value === undefined || !isNew) return;
  const who = value.worker === worker ? "this tab" : "another tab";
  const what = {
    running: `is ${value.starts === 1 ? "begun" : previous?.status === "waiting" ? "tried again" : "taken up again"} by ${who}`,
    waiting: `failed: ${value.error?.message}`,
    completed: "is done",
    pruned: "ends its branch",
    skipped: "was not chosen",
    failed: `failed: ${value.error?.message}`,
  }[value.status];
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString();
  const name = document.createElement("b");
  name.textContent = instance;
  line.append(time, name, ` ${what}`);
  element("events").prepend(line);
  while (element("events").children.length > mostEvents) element("events").lastChild.remove();
}
