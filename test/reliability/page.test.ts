import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recordedScores } from "../mutation/scores.ts";
import { pageWith } from "./page.ts";
import { PAGE, recordedRuns, writePage } from "./record.ts";
import { type Figures, type Run, SUITE_NAMES, SUITES, type SuiteName } from "./run.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
const scriptsIn = (text: string) => [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);

const MARKED = [
  "before",
  "<!-- The last runs: --record writes them, and npm run docs:pages. -->",
  "old figures",
  "<!-- The last runs end. -->",
  "after",
].join("\n");

/** How long a run must be whose figures the page shows. */
const LEAST: Partial<Record<SuiteName, Figures>> = {
  storms: { storms: 100_000 },
  "a million events": { "events written": 1_000_000 },
  "small worlds": { worlds: 20 },
  "foreign rows": { rows: 1_000_000 },
  soak: { "events written": 100_000, "processes killed": 200 },
};

const RUN: Run = {
  ...{ command: "npm run sim -- --seeds 20", passed: true, began: "2026-01-31T12:00:00.000Z", seconds: 75 },
  ...{ commit: "abc123456", changed: false, node: "v24.0.0", cores: 2 },
  figures: { storms: 20, "events written": 12_345 },
  details: { Faults: { crash: 1_000, "dead letter lost": 2 }, "Duplicates, by cause": {} },
};

describe("the page of last runs", () => {
  it("shows each run with what it counted, and keeps everything around it", () => {
    const page = pageWith(MARKED, { storms: RUN }, {});
    expect(page).toContain(
      "| storms | `npm run sim -- --seeds 20` | 20 storms, 12,345 events written | passed | 2026-01-31 12:00 | 75 s | abc123456 | Node.js 24.0.0, 2 cores |",
    );
    expect(page).toContain("- Faults: crash 1,000, dead letter lost 2\n- Duplicates, by cause: none\n");
    expect(page.startsWith("before\n") && page.endsWith("\nafter")).toBe(true);
    expect(page).not.toContain("old figures");
    expect(pageWith(page, { storms: RUN }, {})).toBe(page);
  });

  it("says of a suite that was never recorded that it was not, and of a failed run that it failed", () => {
    const page = pageWith(MARKED, { storms: { ...RUN, passed: false, changed: true, seconds: 3_660 } }, {});
    expect(page).toMatch(/^\| storms .* \| \*\*failed\*\* \| 2026-01-31 12:00 \| 61 min \| abc123456 and changes \|/m);
    expect(page).toContain(`| soak | \`${SUITES.soak}\` |  | not recorded yet |`);
  });

  it("has the score of each folder whose mutants are judged, and says where none was recorded", () => {
    const scores = { "lib/client/a.ts": { killed: 7, survived: 0 }, "lib/client/b.ts": { killed: 2, survived: 1 } };
    const page = pageWith(MARKED, {}, scores);
    expect(page).toContain("Of 10 mutants, the tests of their own rooms kill 9 (`npm run mutation`).");
    expect(page).toContain("| lib/client | 10 | 9 | 90 |\n");
    expect(page).toContain("| lib/consumer | not recorded yet |  |  |\n");
  });

  it("must have marks", () => {
    expect(() => pageWith("no place", {}, {})).toThrow("The page has no place for what is written");
  });
});

describe("docs/reliability.md", () => {
  const runs = recordedRuns();
  if (process.env["WRITE_PAGES"] !== undefined) writePage();
  const page = readFileSync(PAGE, "utf8");
  const written = page.slice(0, page.indexOf("\n## The last runs"));

  it("shows what docs/reliability.json holds", () => {
    expect(pageWith(page, runs, recordedScores()), "npm run docs:pages writes the page").toBe(page);
  });

  it("names commands that exist, and so does each way to record a suite", () => {
    const named = [...scriptsIn(page), ...Object.values(SUITES).flatMap(scriptsIn)];
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const suites = Object.values(SUITES).map((command) => /npm run record -- (\S+)/.exec(command)?.[1]);
    for (const suite of suites) expect(Object.keys(scripts)).toContain(suite ?? "test");
  });

  it("promises in the words of the README and of the protocol", () => {
    const plain = (text: string) =>
      text
        .replaceAll("**", "")
        .replaceAll(/^> |^- |^\n/gm, "")
        .replaceAll(/\s+/g, " ");
    const sources = plain(`${read("README.md")}\n${read("docs/protocol.md")}`);
    const promises = [...written.matchAll(/(?:^> .*\n)+/gm)].map(([quoted]) => plain(quoted).trim());
    expect(promises.length).toBeGreaterThan(5);
    expect(promises.filter((promise) => !sources.includes(promise))).toEqual([]);
  });

  it("tests each promise by suites whose runs are recorded, and leaves none of those out", () => {
    const recordable = new Set(Object.values(SUITES).flatMap((way) => scriptsIn(way.replace("record -- ", ""))));
    const promises = written.split(/(?:^> .*\n)+/m).slice(1);
    for (const promise of promises) expect(scriptsIn(promise), promise).not.toEqual([]);
    expect([...new Set(scriptsIn(written))].toSorted()).toEqual([...recordable].toSorted());
  });

  it("has runs that passed, and none that is shorter than it has to be", () => {
    expect(Object.keys(runs).filter((name) => !runs[name as SuiteName]?.passed)).toEqual([]);
    for (const name of SUITE_NAMES) {
      for (const [figure, least] of Object.entries(LEAST[name] ?? {})) {
        expect(runs[name]?.figures[figure], `${figure} of ${name}`).toBeGreaterThanOrEqual(least);
      }
    }
  });

  it("has runs of known suites alone, whose figures are numbers", () => {
    expect(Object.keys(runs).filter((name) => !SUITE_NAMES.some((suite) => suite === name))).toEqual([]);
    for (const { figures, details, commit } of Object.values(runs)) {
      const values = [figures, ...Object.values(details)].flatMap((each) => Object.values(each));
      expect(values.filter((value) => !(value >= 0))).toEqual([]);
      expect(commit).toMatch(/^[0-9a-f]{9,}$/);
    }
  });
});
