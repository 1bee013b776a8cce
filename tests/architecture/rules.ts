/**
 * The rules of the architecture, each a function from the sources to what breaks it. ARCHITECTURE.md says why they are what they are.
 *
 * @module
 */
import { posix } from "node:path";
import ts from "typescript";

/** A file of the repository: its path from the root, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Finds what breaks a rule: lines that begin with the path of the file. */
export type Rule = (sources: readonly Source[]) => string[];

const isRust = ({ path }: Source) => /^src\/.*\.rs$/.test(path);
const isLibrary = ({ path }: Source) => /^ts\/.*\.ts$/.test(path);

/** Rust without its comments. */
const codeOf = ({ text }: Source) => text.replace(/\/\/.*$/gm, "").replace(/\/\*[\s\S]*?\*\//g, "");

/** A rule that a pattern does not occur in the code of some Rust files. */
function neverIn(files: (source: Source) => boolean, pattern: RegExp): Rule {
  return (sources) =>
    sources
      .filter((source) => isRust(source) && files(source))
      .flatMap((source) => {
        const found = pattern.exec(codeOf(source));
        return found ? [`${source.path} names ${found[0]}`] : [];
      });
}

/** Only the boundary names the bindings to JavaScript. */
export const onlyTheBoundaryKnowsJavaScript = neverIn(
  ({ path }) => !path.startsWith("src/wasm/"),
  /\b(?:wasm_bindgen\w*|js_sys|web_sys|serde_wasm_bindgen|gloo\w*)\b/,
);

/** The engine, the boundary included, reads no clock, does no I/O, starts no threads and prints nothing; its tests may. */
export const theEngineIsPure = neverIn(
  ({ path }) => !/(?:^|[/_])tests?\.rs$/.test(path),
  /\bstd\s*::\s*(?:time|fs|io|net|env|thread|process)\b|\bSystemTime\b|\bInstant\s*::|\be?println!|\bdbg!/,
);

/** What a library file imports: paths from the root for relative imports, else the specifier as it stands. */
export function importsOf({ path, text }: Source): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith(".")) return fileName;
    const target = posix.join(posix.dirname(path), fileName);
    return target.startsWith("ts/") ? target.replace(/\.js$/, ".ts") : target;
  });
}

const isLeaf = (path: string) => path === "ts/errors.ts" || path === "ts/clock.ts" || path.startsWith("ts/store/types/");

/** What every backend is made of; not the page that publishes it. */
const contract = /^ts\/backends\/(?!index\.)[^/]+\.ts$/;

/** What those are made of that decide commits themselves. */
const localBackends = or(contract, /^ts\/backends\/local\//);

function or(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"));
}

/** Layers from the top: the files of a layer, and what they may import beside the files of their own layer and the leaves. */
const layers: readonly { name: string; files: RegExp; may: RegExp }[] = [
  { name: "leaf", files: /^ts\/errors\.ts$/, may: /^$/ },
  { name: "leaf", files: /^ts\/store\/types\//, may: /^ts\/store\/types\// },
  { name: "clock", files: /^ts\/clock\.ts$/, may: /^$/ },
  { name: "values", files: /^ts\/store\/values\//, may: /^$/ },
  { name: "engine", files: /^ts\/engine\.ts$/, may: /^pkg\/holdall\.js$/ },
  { name: "packed engine", files: /^ts\/(?:packed|lzma)\.ts$/, may: /^$/ },
  { name: "inlined engines", files: /^ts\/inlined(?:-replica)?\.ts$/, may: /^pkg\/inlined(?:-replica)?\.js$|^ts\/packed\.ts$/ },
  { name: "loaded engine", files: /^ts\/load\.ts$/, may: /^$/ },
  { name: "backend contract", files: contract, may: /^$/ },
  { name: "local backends", files: /^ts\/backends\/local\//, may: contract },
  { name: "page of backends", files: /^ts\/backends\/index\.ts$/, may: localBackends },
  { name: "memory backend", files: /^ts\/backends\/memory\//, may: localBackends },
  { name: "file backend", files: /^ts\/backends\/file\//, may: or(localBackends, /^lmdb$/) },
  {
    name: "Redis backend",
    files: /^ts\/backends\/redis\//,
    may: or(contract, /^ts\/clients\/|^ts\/backends\/local\/formats\.ts$|^ts\/store\/clock\.ts$/),
  },
  {
    name: "Kubernetes backend",
    files: /^ts\/backends\/kubernetes\//,
    may: or(
      localBackends,
      /^ts\/store\/values\/(?:base64|encoding)\.ts$|^ts\/faces\/pepr-names\.ts$|^node:https?$|^@kubernetes\/client-node$/,
    ),
  },
  { name: "IndexedDB backend", files: /^ts\/backends\/indexeddb\//, may: or(localBackends, /^idb$/) },
  { name: "store", files: /^ts\/store\/[^/]+\.ts$/, may: /^ts\/engine\.ts$|^ts\/store\/values\// },
  { name: "replica", files: /^ts\/replica\//, may: or(contract, /^ts\/engine\.ts$|^ts\/store\//) },
  { name: "opener", files: /^ts\/opener\.ts$/, may: /^ts\/engine\.ts$|^ts\/replica\/(?:open|types)\.ts$/ },
  {
    name: "list of exports",
    files: /^ts\/api\.ts$/,
    may: or(contract, /^ts\/store\/|^ts\/opener\.ts$|^ts\/replica\/(?:removal|types)\.ts$/),
  },
  { name: "default entry", files: /^ts\/index\.ts$/, may: /^ts\/(?:api|inlined|inlined-replica|opener|store\/factory)\.ts$/ },
  { name: "slim entry", files: /^ts\/slim\.ts$/, may: /^ts\/(?:api|load|opener|store\/factory)\.ts$/ },
  { name: "workerd entry", files: /^ts\/workerd\.ts$/, may: /^ts\/(?:api|opener|store\/factory)\.ts$|^pkg\/holdall_bg\.wasm$/ },
  { name: "Pepr entry", files: /^ts\/pepr\/(?:index|workerd)\.ts$/, may: /^ts\/(?:index|workerd)\.ts$|^ts\/pepr\/(?!index|workerd)/ },
  {
    name: "Pepr entry for Kubernetes",
    files: /^ts\/pepr\/(?:kubernetes|opening)\.ts$/,
    may: /^ts\/index\.ts$|^ts\/backends\/backend\.ts$|^ts\/backends\/kubernetes\/(?:cluster|credentials|failures|pepr\/backend)\.ts$|^ts\/replica\/pauses\.ts$|^ts\/faces\/|^ts\/pepr\/(?!index|workerd)/,
  },
  { name: "testing", files: /^ts\/testing\//, may: or(contract, /^ts\/opener\.ts$|^ts\/replica\/types\.ts$/) },
  { name: "clients", files: /^ts\/clients\//, may: /^ioredis$/ },
  {
    name: "DataStore on Redis",
    files: /^ts\/datastore\/redis\//,
    may: /^ts\/clients\/|^ts\/datastore\/(?:driver|errors|refusals|types)\.ts$/,
  },
  { name: "DataStore in memory", files: /^ts\/datastore\/memory\//, may: /^ts\/datastore\/(?:driver|refusals)\.ts$/ },
  {
    name: "DataStore",
    files: /^ts\/datastore\//,
    may: /^ts\/datastore\/(?:redis|memory)\/driver\.ts$|^ts\/store\/values\/(?:foreign|path|wellformed)\.ts$/,
  },
  { name: "Pepr face", files: /^ts\/pepr\//, may: /^ts\/faces\/|^ts\/(?:clock|replica\/types)\.ts$/ },
  { name: "workflow face", files: /^ts\/workflow\//, may: /^ts\/faces\/|^ts\/(?:clock|datastore\/names)\.ts$/ },
  { name: "what faces share", files: /^ts\/faces\//, may: /^$/ },
  { name: "ambient declarations", files: /^ts\/[^/]+\.d\.ts$/, may: /^$/ },
];
const layerOf = (path: string) => layers.find(({ files }) => files.test(path));

/** Imports point downwards: each layer names only what it may. A file of no layer, a built-in and a dependency break this too. */
export const importsPointDownwards: Rule = (sources) =>
  sources.filter(isLibrary).flatMap((source) => {
    const layer = layerOf(source.path);
    if (layer === undefined) return [`${source.path} belongs to no layer`];
    return importsOf(source)
      .filter((target) => {
        if (layer.may.test(target)) return false;
        if (layer.name === "leaf") return true;
        const within = layerOf(target) === layer && target.startsWith("ts/");
        return !(isLeaf(target) || within);
      })
      .map((target) => `${source.path} imports ${target}`);
  });

/** No file imports itself, however long the way. */
export const importsHaveNoCycles: Rule = (sources) => {
  const edges = new Map(sources.filter(isLibrary).map((source) => [source.path, importsOf(source)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    else if (!done.has(path)) {
      for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
};

/** Exports have names: no default exports in the library. */
export const exportsHaveNames: Rule = (sources) =>
  sources
    .filter((source) => isLibrary(source) && !source.path.endsWith(".d.ts"))
    .filter(({ text }) => /^export default\b|\bas default\b/m.test(text))
    .map(({ path }) => `${path} has a default export`);

/** Every exported declaration of the library is documented, in inner files too. */
export const exportsAreDocumented: Rule = (sources) =>
  sources.filter(isLibrary).flatMap(({ path, text }) => {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    const documented = new Set<string>();
    return file.statements.flatMap((statement) => {
      const isExported =
        ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (!isExported || ts.isExportDeclaration(statement)) return [];
      const names = ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map(({ name }) => name.getText())
        : [(statement as ts.DeclarationStatement).name?.getText() ?? "default"];
      // The first of a function's overloads speaks for all.
      const isDocumented = ts.getJSDocCommentsAndTags(statement).length > 0 || names.every((name) => documented.has(name));
      if (isDocumented) for (const name of names) documented.add(name);
      return isDocumented ? [] : [`${path} exports ${names.join(", ")} without a word`];
    });
  });

/** A file says at its top what it owns. */
export const filesSayWhatTheyOwn: Rule = (sources) =>
  sources
    .filter(({ path, text }) => !(path.endsWith(".rs") ? /^\/\/!/ : /^(?:#!.*\n)?(?:\/\/ @ts-check\s+)?\/\*\*/).test(text))
    .map(({ path }) => `${path} does not`);

/** The longest file, in lines. */
export const maxLines = 450;

/** One concept per file: none is longer than `maxLines`. */
export const filesAreShort: Rule = (sources) =>
  sources
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > maxLines)
    .map(({ path, lines }) => `${path} has ${lines} lines`);
