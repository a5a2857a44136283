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
  ...["examples/README.md", "examples/orders/README.md"],
];
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** A file or folder of the project, in backticks. */
const NAMED = /`((?:\.ci|\.github|api|bench|bin|dev|docs|examples|lambdas|lib|schema|test)\/[^`\s]+)`/g;
/** A link to another file, or to a heading of one, or of the same. */
const LINKED = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g;
const INDEX = "docs/README.md";

/** Blocks may have lines that look like headings or links. */
const prose = (text: string) => text.replaceAll(/^\s*```[\s\S]*?^\s*```/gm, "");

/** The anchors that GitHub gives to a page's headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose(text).matchAll(/^#{1,6} (.*)$/gm)) {
    const words = heading
      .toLowerCase()
      .replaceAll(/\]\([^)]*\)/g, "")
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "");
    const anchor = words.replaceAll(" ", "-");
    const taken = [...anchors].filter((other) => other === anchor || other.startsWith(`${anchor}-`)).length;
    anchors.add(anchors.has(anchor) ? `${anchor}-${taken}` : anchor);
  }
  return anchors;
}

/** The links of a page that lead nowhere. */
function brokenLinks(document: string, text: string): readonly string[] {
  return [...prose(text).matchAll(LINKED)].flatMap(([, path = "", anchor]) => {
    const target = path === "" ? document : join(dirname(document), path);
    if (!existsSync(join(ROOT, target))) return [path];
    return anchor === undefined || anchorsOf(read(target)).has(anchor) ? [] : [`${path}#${anchor}`];
  });
}

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

  it("links to files and headings that exist", () => {
    expect(brokenLinks(document, read(document))).toEqual([]);
  });
});

describe("the index by task", () => {
  it("has every page of docs", () => {
    const linked = [...read(INDEX).matchAll(LINKED)].map(([, path = ""]) => join("docs", path));
    const missing = DOCUMENTS.filter((page) => page.startsWith("docs/") && page !== INDEX && !linked.includes(page));
    expect(missing, `${INDEX} lists all pages: give each of these a line under its task`).toEqual([]);
  });

  it("has the tasks that somebody comes with, and README leads to it", () => {
    const tasks = [...read(INDEX).matchAll(/^\| \*\*(\w+)\*\* \|/gm)].map(([, task]) => task);
    expect(tasks).toEqual(["Write", "Consume", "Operate", "Deploy", "Change", "Test", "Cost"]);
    expect(read("README.md")).toContain(`(${INDEX})`);
  });

  it("would not lead nowhere", () => {
    const text = "# A `page` of yours\n## Twice\n## Twice\n```\n# none [x](y.md)\n```\n";
    expect([...anchorsOf(text)]).toEqual(["a-page-of-yours", "twice", "twice-1"]);
    expect(
      brokenLinks(INDEX, "[a](nowhere.md) [b](targets.md#nowhere) [c](#nowhere) [d](targets.md#several-targets)"),
    ).toEqual(["nowhere.md", "targets.md#nowhere", "#nowhere"]);
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
