import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const place = (path: string) => new URL(`../../${path}`, import.meta.url);
const read = (path: string) => readFileSync(place(path), "utf8");
const page = read("docs/security.md");

/** A file of tests in backticks, and behind it the names of the tests that hold a claim. */
const CITED = /`(test\/[^`]+\.ts)`((?:,?\s+"[^"]+")+)/g;
const citedIn = (text: string) =>
  [...text.matchAll(CITED)].flatMap(([, path = "", names = ""]) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => [path, name.replace(/\s+/g, " ")] as const),
  );
/** A test's own name, as a call of `it`, `test` or `describe` has it. */
const hasTest = (path: string, name: string) =>
  existsSync(place(path)) && read(path).includes(`${JSON.stringify(name)},`);

/** The claims: each item of a list, with the lines that go on with it, and each row of a table below its head. */
const claimsIn = (text: string): readonly string[] =>
  text
    .replace(/^\|.*\n\|[-:|\s]*\|$/gm, "")
    .split("\n")
    .reduce<string[]>((items, line) => {
      if (/^- |^\|/.test(line)) items.push(line);
      else if (line.startsWith("  ") && items.length > 0) items.push(`${items.pop()}\n${line}`);
      return items;
    }, []);
const claims = claimsIn(page.slice(0, page.indexOf("\n## What is not held")));

describe("docs/security.md", () => {
  it.each(citedIn(page))("cites a test that exists: %s, %s", (path, name) => {
    expect(hasTest(path, name)).toBe(true);
  });

  it("has a test for each claim", () => {
    expect(claims.length).toBeGreaterThan(20);
    expect(claims.filter((claim) => citedIn(claim).length === 0)).toEqual([]);
  });

  it("claims by the items of its lists and by the rows of its tables", () => {
    const text =
      "Prose.\n\n- one\n  goes on\n- two\n\n| who | may |\n|---|---|\n| a writer | write |\n| a reader | read |\n";
    expect(claimsIn(text)).toEqual(["- one\n  goes on", "- two", "| a writer | write |", "| a reader | read |"]);
  });

  it("would not cite what is not there", () => {
    expect(citedIn('so it is (`test/a.test.ts` "one",\n  "two and\n  three")')).toEqual([
      ["test/a.test.ts", "one"],
      ["test/a.test.ts", "two and three"],
    ]);
    expect(hasTest("test/contract/security.test.ts", "has a test for each claim")).toBe(true);
    expect(hasTest("test/contract/security.test.ts", "has a test for each")).toBe(false);
    expect(hasTest("test/contract/nowhere.test.ts", "has a test for each claim")).toBe(false);
  });
});

interface LockedPackage {
  readonly integrity?: string;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

describe("what is installed", () => {
  const manifest = JSON.parse(read("package.json"));
  const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, LockedPackage> };
  const locked = Object.entries(packages).filter(([path]) => path !== "");

  it("is named by exact versions, and locked with a hash of each package", () => {
    for (const [name, version] of Object.entries(manifest.devDependencies)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    }
    expect(locked.length).toBeGreaterThan(200);
    // What comes inside of another package is covered by that one's hash.
    const unhashed = locked.filter(
      ([, { integrity, inBundle }]) => inBundle !== true && !/^sha512-/.test(integrity ?? ""),
    );
    expect(unhashed.map(([path]) => path)).toEqual([]);
  });

  it("runs a script of its own only where package.json allows that", () => {
    const running = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path);
    // Of another system, and installed nowhere else: it watches files on a Mac.
    const expected = Object.keys(manifest.allowScripts).map((name) => `node_modules/${name}`);
    expect(running).toEqual(expected);
  });
});
