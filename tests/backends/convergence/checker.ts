/**
 * Whether what several writers tell of a run can be true of one store: a pure function, which knows nothing of how it came about.
 *
 * @module
 */
import { type Account, members, type ToldCommit, total } from "./accounts.js";

/** What cannot be true, as sentences; none where all is well. */
export function contradictions(accounts: readonly Account[]): string[] {
  const history = historyOf(accounts);
  return [
    ...accounts.flatMap(ordered),
    ...accounts.flatMap((account) => agreeing(account, history)),
    ...history.flatMap(whole),
    ...accounts.flatMap(balanced),
    ...contents(accounts, history),
    ...counts(accounts),
    ...swaps(accounts),
  ];
}

/** All commits that anybody heard of, each once, in their order. */
function historyOf(accounts: readonly Account[]): ToldCommit[] {
  const commits = new Map<number, ToldCommit>();
  for (const account of accounts)
    for (const commit of account.commits) if (!commits.has(commit.version)) commits.set(commit.version, commit);
  return [...commits.values()].sort((one, other) => one.version - other.version);
}

/** Commits come in their order, each once; of no key does a listener hear an older version than before. */
function ordered({ writer, commits, heard }: Account): string[] {
  const found: string[] = [];
  commits.forEach(({ version }, at) => {
    const before = commits[at - 1]?.version ?? 0;
    if (version <= before) found.push(`${writer} was told commit ${version} after commit ${before}`);
  });
  const latest = new Map<string, number>();
  for (const { key, version } of heard) {
    const before = latest.get(key) ?? 0;
    if (version < before) found.push(`${writer} heard version ${version} of ${key} after version ${before}`);
    latest.set(key, version);
  }
  return found;
}

/** From the first commit that a writer was told on, it was told all of them, and the same of each. */
function agreeing({ writer, commits }: Account, history: readonly ToldCommit[]): string[] {
  const first = commits[0]?.version ?? Number.POSITIVE_INFINITY;
  const told = new Map(commits.map((commit) => [commit.version, textOf(commit)]));
  return history
    .filter(({ version }) => version >= first)
    .flatMap((commit) => {
      const text = told.get(commit.version);
      if (text === undefined) return [`${writer} was not told commit ${commit.version}`];
      return text === textOf(commit) ? [] : [`${writer} was told something else of commit ${commit.version}`];
    });
}

function textOf({ changes }: ToldCommit): string {
  const sorted = [...changes].sort((one, other) => (one.key < other.key ? -1 : 1));
  return JSON.stringify(sorted.map(({ key, value }) => [key, value]));
}

/** A commit that writes a member of a group writes all of them, with one stamp. */
function whole({ version, changes }: ToldCommit): string[] {
  const groups = new Map<string, Map<string, unknown>>();
  for (const { key, value } of changes) {
    const [kind, group, member] = key.split(":") as [string, string?, string?];
    if (kind !== "group" || group === undefined || member === undefined) continue;
    const written = groups.get(group) ?? new Map<string, unknown>();
    groups.set(group, written.set(member, value));
  }
  return [...groups].flatMap(([group, written]) => {
    const stamps = new Set(members.map((member) => written.get(member)));
    return written.size === members.length && stamps.size === 1 ? [] : [`commit ${version} has written a part of group ${group}`];
  });
}

/** Whenever somebody looks, all balances come to the same. */
function balanced({ writer, sums }: Account): string[] {
  return sums.filter((sum) => sum !== total).map((sum) => `${writer} found ${sum} in all balances, not ${total}`);
}

/** At the end all have the same, and it is what the commits come to. */
function contents(accounts: readonly Account[], history: readonly ToldCommit[]): string[] {
  const found: string[] = [];
  const texts = accounts.map((account) => [...account.contents].sort((one, other) => (one.key < other.key ? -1 : 1)));
  const [first = []] = texts;
  texts.forEach((text, at) => {
    if (JSON.stringify(text) !== JSON.stringify(first))
      found.push(`${accounts[at]?.writer} and ${accounts[0]?.writer} end with other contents`);
  });
  const values = new Map<string, unknown>();
  for (const { changes } of history) for (const { key, value } of changes) values.set(key, value);
  for (const [key, value] of values) {
    // What expires is told by no commit.
    if (key.startsWith("passing:")) continue;
    const entry = first.find((candidate) => candidate.key === key);
    if (JSON.stringify(entry?.value) !== JSON.stringify(value)) found.push(`${key} does not end as the last commit that wrote it left it`);
  }
  return found;
}

/** Each increment began where another ended, and the last ended at what is there. */
function counts(accounts: readonly Account[]): string[] {
  return byKey(accounts.flatMap(({ increments }) => increments)).flatMap(([key, increments]) => {
    const chain = [...increments].sort((one, other) => one.sum - other.sum);
    const breaks = chain.filter(({ sum, by }, at) => sum - by !== (chain[at - 1]?.sum ?? 0));
    const end = accounts[0]?.contents.find((entry) => entry.key === key)?.value;
    return [
      ...breaks.map(({ sum, by }) => `an increment of ${key} by ${by} to ${sum} has lost an update, or was lost`),
      ...(end === chain.at(-1)?.sum ? [] : [`${key} ends as ${end}, not as the increments left it`]),
    ];
  });
}

/** Each `compareAndSet` found what the one before it made, and no two found the same. */
function swaps(accounts: readonly Account[]): string[] {
  return byKey(accounts.flatMap((account) => account.swaps)).flatMap(([key, list]) => {
    const chain = [...list].sort((one, other) => one.version - other.version);
    const breaks = chain.filter(({ expected }, at) => expected !== (chain[at - 1]?.version ?? 0));
    const end = accounts[0]?.contents.find((entry) => entry.key === key)?.version;
    return [
      ...breaks.map(({ expected, version }) => `the compareAndSet of ${key} upon version ${expected} to ${version} has lost an update`),
      ...(end === chain.at(-1)?.version ? [] : [`${key} ends at version ${end}, not as the last compareAndSet left it`]),
    ];
  });
}

function byKey<Item extends { readonly key: string }>(items: readonly Item[]): [string, Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(item.key, [...(groups.get(item.key) ?? []), item]);
  return [...groups];
}
