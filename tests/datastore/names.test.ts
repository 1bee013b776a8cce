/** Promises of contract 14: every edge of a graph has a queue of its own, and every process calls it the same. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { queueName, queueNames } from "../../ts/datastore/index.js";

describe("the name of a queue", () => {
  it("is made of the names of its nodes", () => {
    expect(queueName("resize", "upload")).toBe("queue_resize_upload");
  });

  it.each([
    ["", "b", "INVALID_KEY"],
    ["a", "\ud800", "INVALID_KEY"],
    ["a", undefined as never, "INVALID_ARGUMENT"],
  ])("needs names: %j, %j", (source, target, code) => {
    expect(() => queueName(source, target)).toThrow(expect.objectContaining({ code }));
    expect(() => queueNames([{ source, target }])).toThrow(expect.objectContaining({ code }));
  });
});

describe("the queues of a graph", () => {
  it.each([[undefined], [null], [5], [[null]], [["a"]]])("need edges: %j", (edges) => {
    expect(() => queueNames(edges as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("edges") }),
    );
  });

  const names = (...edges: readonly (readonly [string, string])[]) =>
    queueNames(edges.map(([source, target]) => ({ source, target }))).map(({ queue }) => queue);

  it("are one for each reader", () => {
    expect(
      queueNames([
        { source: "a", target: "b" },
        { source: "a", target: "c" },
      ]),
    ).toEqual([
      { source: "a", target: "b", queue: "queue_a_b" },
      { source: "a", target: "c", queue: "queue_a_c" },
    ]);
  });

  it("are told apart where edges would share a name", () => {
    // The story: a_b → c and a → b_c both were queue_a_b_c, and each reader took the other's items.
    expect(names(["a_b", "c"], ["a", "b_c"])).toEqual(["queue_a_b_c_2", "queue_a_b_c"]);
    // A suffix takes no name that is an edge's own, wherever that edge stands.
    expect(names(["a", "b_c"], ["a_b", "c"], ["a", "b_c_2"])).toEqual(["queue_a_b_c", "queue_a_b_c_3", "queue_a_b_c_2"]);
    expect(names(["a", "b_c"], ["a_b", "c"], ["a_b", "c_2"])).toEqual(["queue_a_b_c", "queue_a_b_c_3", "queue_a_b_c_2"]);
  });

  it("are one where an edge is given twice", () => {
    expect(names(["a", "b"], ["a", "b"])).toEqual(["queue_a_b", "queue_a_b"]);
  });

  it("do not depend on the order of edges, and no two edges share one", () => {
    const name = fc.stringMatching(/^[ab_2]{1,4}$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, name), { selector: String, maxLength: 40 }), fc.integer(), (edges, seed) => {
        const of = (list: typeof edges) => new Map(names(...list).map((queue, at) => [String(list[at]), queue]));
        const shuffled = [...edges].sort((one, other) => ((String(one).length * seed) % 7) - ((String(other).length * seed) % 7)).reverse();
        expect(of(shuffled)).toEqual(of(edges));
        expect(new Set(of(edges).values()).size).toBe(edges.length);
      }),
    );
  });
});
