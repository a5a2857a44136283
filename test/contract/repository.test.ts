import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LONG } from "../suites/suites.ts";

const place = (path: string) => new URL(`../../${path}`, import.meta.url);
const read = (path: string) => readFileSync(place(path), "utf8");
const manifest = JSON.parse(read("package.json"));
const ci = read(".ci/run");

describe("the licence", () => {
  it("is the one that package.json says, with its text and holder", () => {
    expect(manifest.license).toBe("MIT");
    expect(read("LICENSE")).toMatch(/^MIT License\n\nCopyright \(c\) \d{4} the dynamodb-outbox-relay authors\n/);
  });
});

describe("the workflow", () => {
  const workflow = read(".github/workflows/ci.yml");

  it("runs .ci/run, which can be run, on the Node.js that .nvmrc names and package.json allows", () => {
    expect(workflow).toContain("- run: .ci/run\n");
    expect(existsSync(place(".ci/run"))).toBe(true);
    const major = read(".nvmrc").trim();
    expect(workflow).toContain(`container: node:${major}-`);
    expect(manifest.engines.node).toMatch(new RegExp(`^>=${major}\\.`));
  });

  it("holds no step of its own that a developer would not run", () => {
    expect(workflow).not.toMatch(/npm (?:ci|test|run)/);
  });
});

describe("CONTRIBUTING.md", () => {
  const contributing = read("CONTRIBUTING.md");
  const ways = contributing.match(/`npm run [\w:-]+/g)?.map((way) => way.slice("`npm run ".length)) ?? [];

  it("names commands that exist", () => {
    expect(ways.length).toBeGreaterThan(10);
    for (const name of ways) expect(Object.keys(manifest.scripts)).toContain(name);
  });

  it("names files and projects that exist", () => {
    const files = [...contributing.matchAll(/(?:test|docs)\/[\w./-]*\w/g)].map(([path]) => path);
    for (const path of files) expect(existsSync(place(path)), path).toBe(true);
    const projects = [...read("vitest.config.ts").matchAll(/name: "(\w+)"/g)].map(([, name]) => name);
    expect(projects).toContain("unit");
    for (const name of projects) expect(contributing).toMatch(new RegExp(`^\\| ${name} \\|`, "m"));
  });

  it("has a row for each suite that .ci/run runs", () => {
    expect(ci).toContain("npm test");
    expect(ci).toContain("npm run test:all");
    const scripts = LONG.flatMap(({ suites }) =>
      suites.map(({ command: [program, run, name = ""] }) => {
        return program === "npm" && run === "run" ? name : "";
      }),
    );
    const tests = scripts.filter((name) => /^(?:test|sim|bench):/.test(name));
    expect(tests.length).toBeGreaterThan(8);
    for (const name of tests) expect(ways).toContain(name);
  });
});
