/** The types accept what is right and refuse what is wrong. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What the compiler says of files, under the options of the library. */
function diagnosticsOf(files: readonly string[], replaced?: { file: string; text: string }): string[] {
  const config = fileOf("../../tsconfig.base.json");
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, dirname(config));
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, target, ...rest) =>
    replaced?.file === file ? ts.createSourceFile(file, replaced.text, target, true) : getSourceFile(file, target, ...rest);
  const program = ts.createProgram(files, { ...options, types: [], noEmit: true }, host);
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    return ts.getPreEmitDiagnostics(program, source).map(({ start = 0, messageText }) => {
      const line = source ? source.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  });
}

test("right programs compile, and every line that must not compile does not", () => {
  expect(
    diagnosticsOf(
      [
        "accepted.ts",
        "generic.accepted.ts",
        "recursive.accepted.ts",
        "refused.ts",
        "typed.accepted.ts",
        "typed.refused.ts",
        "workflow.accepted.ts",
        "workflow.refused.ts",
      ].map(fileOf),
    ),
  ).toEqual([]);
});

test.each(["refused.ts", "typed.refused.ts", "workflow.refused.ts"])("each line of %s is an error of its own", (name) => {
  const file = fileOf(name);
  const text = readFileSync(file, "utf8");
  const expectedLines = text.split("\n").flatMap((line, at) => (line.startsWith("// @ts-expect-error") ? [at + 2] : []));
  const bare = text.replace(/^\/\/ @ts-expect-error/gm, "// refused:");
  const lines = diagnosticsOf([file], { file, text: bare }).map((line) => Number.parseInt(line, 10));
  expect([...new Set(lines)]).toEqual(expectedLines);
});
