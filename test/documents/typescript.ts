import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";
import { ENTRIES, givenFor } from "./given.ts";
import { ROOT } from "./pages.ts";
import type { Snippet } from "./snippets.ts";

/** A user's compiler: strict, and otherwise as TypeScript comes. */
const OPTIONS = {
  ...{
    target: "ES2023",
    lib: ["ES2023", "ES2024.String"],
    module: "nodenext",
    moduleResolution: "nodenext",
    types: ["node"],
  },
  ...{ strict: true, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
};

const IMPORT = /^import [^;]*;$/gm;

/** A snippet as a module. The lines of its body are those of the page, behind one line of what is given. */
function moduleOf(text: string): string {
  const imports = [...text.matchAll(IMPORT)].map(([statement]) => statement.replaceAll("\n", " "));
  const body = text
    .replace(IMPORT, (statement) => statement.replaceAll(/[^\n]/g, ""))
    // An export may not stand inside of a function.
    .replaceAll(/^export (?=const|function|async|interface|type|class)/gm, "       ");
  const opening = `async function snippet(this: import("aws-cdk-lib").Stack): Promise<void> {`;
  return `${[givenFor(text), ...imports].join(" ")} export {}; ${opening}\n${body}\n}\n`;
}

/** What the compiler says of all snippets together, each error at its place in its page. */
export async function typeErrors(snippets: readonly Snippet[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "outbox-relay-snippets-"));
  try {
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    mkdirSync(join(folder, "pages"));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    const paths = Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, [join(ROOT, file)]]));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...OPTIONS, paths }, include: ["pages"] }),
    );
    for (const [index, { text }] of snippets.entries())
      writeFileSync(join(folder, "pages", `${index}.ts`), moduleOf(text));
    return (await compile(folder)).map((line) => inPage(line, snippets));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compile(folder: string): Promise<readonly string[]> {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [compiler, "-p", folder, "--pretty", "false"],
      { cwd: folder, timeout: WAIT_HANGS_AFTER_MS },
      (error, stdout) => {
        const lines = stdout.split("\n").filter((line) => line !== "");
        if (error !== null && lines.length === 0) reject(error);
        else resolve(lines);
      },
    );
  });
}

function inPage(error: string, snippets: readonly Snippet[]): string {
  const [, index, line, column, message] = /^pages\/(\d+)\.ts\((\d+),(\d+)\): (.*)$/.exec(error) ?? [];
  const snippet = snippets[Number(index)];
  // The line before the body holds what is given and the imports.
  return snippet === undefined ? error : `${snippet.page}:${snippet.line + Number(line) - 2}:${column} ${message}`;
}
