/** The checker of histories accepts one that can be true, and refuses each that cannot. */
import { describe, expect, test } from "vitest";
import type { Account } from "./accounts.js";
import { contradictions } from "./checker.js";

const stamped = (stamp: string, names = ["first", "second", "third"]) => names.map((name) => ({ key: `group:g:${name}`, value: stamp }));

const commits = [
  { version: 1, changes: [{ key: "plain:a", value: 1 }] },
  { version: 2, changes: [{ key: "count:a", value: 2 }] },
  { version: 3, changes: stamped("one") },
  { version: 4, changes: [{ key: "count:a", value: 5 }] },
  { version: 5, changes: [{ key: "plain:a" }, { key: "cell:a", value: "x" }] },
  { version: 6, changes: [{ key: "cell:a", value: "y" }] },
];

const contents = [
  { key: "cell:a", value: "y", version: 6 },
  { key: "count:a", value: 5, version: 4 },
  ...stamped("one").map((entry) => ({ ...entry, version: 3 })),
];

/** Two writers who tell what can be true. */
function truth(): [Account, Account] {
  const one: Account = {
    writer: "one",
    commits,
    heard: [
      { key: "plain:a", version: 1 },
      { key: "count:a", version: 2 },
      { key: "count:a", version: 4 },
    ],
    increments: [{ key: "count:a", by: 2, sum: 2 }],
    swaps: [{ key: "cell:a", expected: 0, version: 5 }],
    sums: [300, 300],
    contents,
  };
  const two: Account = {
    ...one,
    writer: "two",
    commits: commits.slice(2),
    heard: [],
    increments: [{ key: "count:a", by: 3, sum: 5 }],
    swaps: [{ key: "cell:a", expected: 5, version: 6 }],
  };
  return [one, two];
}

/** The truth, but for what the second writer tells. */
function but(change: Partial<Account>): Account[] {
  const [one, two] = truth();
  return [one, { ...two, ...change }];
}

test("a history that can be true is accepted", () => {
  expect(contradictions(truth())).toEqual([]);
});

const swapped = [commits[2], commits[4], commits[3], commits[5]].flatMap((commit) => commit ?? []);
const later = commits.slice(2);

describe("a history is refused", () => {
  const lies: readonly [string, Account[], string][] = [
    ["in which commits come out of order", but({ commits: swapped }), "two was told commit 4 after commit 5"],
    ["in which a commit is told twice", but({ commits: [...later, ...later.slice(-1)] }), "two was told commit 6 after commit 6"],
    [
      "in which a listener hears an older version",
      but({ heard: [4, 2].map((version) => ({ key: "count:a", version })) }),
      "two heard version 2 of count:a after version 4",
    ],
    ["in which a commit is left out", but({ commits: later.filter(({ version }) => version !== 4) }), "two was not told commit 4"],
    [
      "in which a commit is not the same to all",
      but({ commits: later.map((commit) => (commit.version === 4 ? { version: 4, changes: [{ key: "count:a", value: 6 }] } : commit)) }),
      "two was told something else of commit 4",
    ],
    [
      "in which an increment was lost",
      but({ increments: [{ key: "count:a", by: 3, sum: 3 }] }),
      "an increment of count:a by 3 to 3 has lost an update, or was lost",
    ],
    [
      "in which an acknowledged increment is not there at the end",
      but({ increments: [...[3, 1].map((by, at) => ({ key: "count:a", by, sum: 5 + at }))] }),
      "count:a ends as 5, not as the increments left it",
    ],
    [
      "in which two compareAndSet found the same version",
      but({ swaps: [{ key: "cell:a", expected: 0, version: 6 }] }),
      "the compareAndSet of cell:a upon version 0 to 6 has lost an update",
    ],
    [
      "in which an acknowledged compareAndSet is not there at the end",
      but({ swaps: [6, 7].map((version) => ({ key: "cell:a", expected: version - 1, version })) }),
      "cell:a ends at version 6, not as the last compareAndSet left it",
    ],
    ["in which somebody saw half of a transfer", but({ sums: [300, 290] }), "two found 290 in all balances, not 300"],
    [
      "that ends with other contents somewhere",
      but({ contents: contents.map((entry) => ({ ...entry, version: 9 })) }),
      "two and one end with other contents",
    ],
  ];
  test.each(lies)("%s", (_, accounts, sentence) => {
    expect(contradictions(accounts)).toContain(sentence);
  });

  test("in which a transaction is torn", () => {
    const torn = commits.map((commit) => (commit.version === 3 ? { version: 3, changes: stamped("one", ["first", "second"]) } : commit));
    const mixed = commits.map((commit) =>
      commit.version === 3 ? { version: 3, changes: [...stamped("one", ["first", "second"]), ...stamped("two", ["third"])] } : commit,
    );
    for (const list of [torn, mixed]) {
      const [one, two] = truth();
      const told = contradictions([
        { ...one, commits: list },
        { ...two, commits: list.slice(2) },
      ]);
      expect(told).toContain("commit 3 has written a part of group g");
    }
  });

  test("that does not end with what the commits come to", () => {
    const [one, two] = truth();
    const stale = [{ key: "plain:a", value: 1, version: 1 }, ...contents];
    const told = contradictions([
      { ...one, contents: stale },
      { ...two, contents: stale },
    ]);
    expect(told).toEqual(["plain:a does not end as the last commit that wrote it left it"]);
  });
});
