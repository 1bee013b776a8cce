// @ts-check
/** Owns the code of the nodes in story.json: a travel story from its draft to the newsstand. The work is pretended, by waiting; what it writes is real. */
import { defineNode, fanout } from "holdall/workflow";

/** @import { NodeContext } from "holdall/workflow" */

const tones = ["amber", "azure", "coral", "jade", "ochre", "violet"];

/**
 * The code of the nodes.
 *
 * @param {number} pace What each wait is multiplied by.
 */
export function storyNodes(pace) {
  /** @type {(milliseconds: number, context: Pick<NodeContext, "signal">) => Promise<void>} */
  const work = (milliseconds, { signal }) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds * pace);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });

  const draft = defineNode({
    exec: async (/** @type {{ place: string }} */ { place }, context) => {
      await work(1_400, context);
      return { title: `Three days in ${place}`, words: 840 };
    },
    post: (store, { exec }) => {
      store.set("title", exec.title);
      store.set("words", exec.words);
      return exec;
    },
  });

  const proofread = defineNode({
    exec: async (/** @type {{ words: number }} */ { words }, context) => {
      await work(3_600, context);
      return { mistakes: Math.round(words / 140) };
    },
    post: (store, { exec }) => {
      store.set("mistakes mended", exec.mistakes);
      return exec;
    },
  });

  const film = async (/** @type {{ photos: string }} */ { photos }, /** @type {NodeContext} */ context) => {
    await work(900, context);
    return fanout(Array.from({ length: Number(photos) }, (_, at) => ({ photo: at + 1 })));
  };

  const develop = defineNode({
    // The third photo is spoilt at first: it is tried again.
    retry: { attempts: 3, delay: 1_200 * pace, jitter: 0 },
    exec: async (/** @type {{ photo: number }} */ { photo }, context) => {
      await work(900 + photo * 160, context);
      if (photo === 3 && context.attempt === 1) throw new Error("The lamp went out");
      return { photo, tone: tones[photo % tones.length] ?? "grey" };
    },
    post: (store, { exec }) => {
      store.set(`photo ${exec.photo}`, { tone: exec.tone, developed: new Date() });
      return exec;
    },
  });

  const gallery = defineNode({
    exec: async (/** @type {{ tones: string[] }} */ input, context) => {
      await work(900, context);
      return { photos: input.tones.length };
    },
    post: (store, { input, exec }) => {
      store.set("palette", input.tones);
      return exec;
    },
  });

  const layout = defineNode({
    exec: async (/** @type {{ words: number, photos: number }} */ { words, photos }, context) => {
      await work(1_600, context);
      return { pages: Math.ceil(words / 300 + photos / 2) };
    },
    post: (store, { exec }) => {
      store.set("pages", exec.pages);
      return exec;
    },
  });

  const review = async (/** @type {{ mistakes: number }} */ { mistakes }, /** @type {NodeContext} */ context) => {
    await work(1_200, context);
    return { output: { mistakes }, next: mistakes > 20 ? "rewrite" : "publish" };
  };

  const publish = defineNode({
    exec: async (/** @type {{ title: string }} */ input, context) => {
      await work(900, context);
      return input;
    },
    post: (store, { exec }) => {
      store.set("published", new Date());
      return exec;
    },
  });

  return { draft, proofread, film, develop, gallery, layout, review, publish, rewrite: () => ({}) };
}
