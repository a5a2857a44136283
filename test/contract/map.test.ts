import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { TARGET_KINDS } from "../../lib/contract/deployment/target-kind.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const DECISIONS = readdirSync(join(ROOT, "docs", "decisions")).map((name) => `docs/decisions/${name}`);
const DOCUMENTS = [
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
];
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** A file or folder of the project, in backticks. */
const NAMED = /`((?:\.ci|\.github|api|bench|bin|dev|docs|examples|lambdas|lib|schema|test)\/[^`\s]+)`/g;
/** A link to another file. */
const LINKED = /\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g;

const namedIn = (text: string) => [...text.matchAll(NAMED)].map(([, path = ""]) => path);

/** What a path stands for: `<kind>` for some targets, `<command>` for a command, `*` for all files of a folder. */
function isThere(path: string): boolean {
  if (path.includes("<kind>")) return TARGET_KINDS.some((kind) => isThere(path.replace("<kind>", kind)));
  if (path.includes("<command>")) return isThere(path.replace("<command>", "status"));
  if (path.includes("*")) return existsSync(join(ROOT, dirname(path)));
  return existsSync(join(ROOT, path));
}

describe.each(DOCUMENTS)("%s", (document) => {
  it("names files that exist", () => {
    expect(namedIn(read(document)).filter((path) => !isThere(path))).toEqual([]);
  });

  it("links to files that exist", () => {
    const links = [...read(document).matchAll(LINKED)].map(([, path = ""]) => join(dirname(document), path));
    expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe("the map", () => {
  it("names a file that is not there as missing", () => {
    expect(namedIn("see `lib/core/nowhere.ts`, `test/servers/<kind>.test.ts` and `npm test`")).toEqual([
      "lib/core/nowhere.ts",
      "test/servers/<kind>.test.ts",
    ]);
    expect(isThere("lib/core/nowhere.ts")).toBe(false);
    expect(isThere("lib/core/<kind>-nowhere.ts")).toBe(false);
    expect(isThere("lib/nowhere/*.ts")).toBe(false);
  });

  it("has every room, and the field's word for each entry of the glossary with its place", () => {
    const rooms = readdirSync(join(ROOT, "lib"), { withFileTypes: true }).filter((each) => each.isDirectory());
    for (const { name } of rooms) expect(read("docs/architecture.md")).toContain(`| \`lib/${name}\` |`);
    const rows = read("docs/glossary.md")
      .split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| word "));
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) expect(row, row).toMatch(/^\| [^|]+ \| [^|]+ \| `[^`|]+` \|$/);
  });
});

describe("the decisions", () => {
  it("are numbered without a gap", () => {
    expect(DECISIONS.map((path) => Number(/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]))).toEqual(
      DECISIONS.map((_path, index) => index + 1),
    );
  });

  it.each(DECISIONS)("%s says why, what, what follows, and what would change our mind", (path) => {
    const parts = [...read(path).matchAll(/^\*\*(.+?)\.\*\* /gm)].map(([, name]) => name);
    expect(parts).toEqual(["Context", "Decision", "Consequences", "What would change our mind"]);
    expect(namedIn(read(path)).length).toBeGreaterThan(0);
    expect(read(path)).toMatch(new RegExp(`^# ${Number(/\d{4}/.exec(path)?.[0])}\\. `));
  });
});
