import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { HTTP_FIELDS } from "../../lib/targets/http/settings.ts";
import { NAKADI_FIELDS } from "../../lib/targets/nakadi/settings.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("docs/item-contract.md", () => {
  it.each([
    ["python", "write_event.py"],
    ["java", "WriteEvent.java"],
    ["go", "write_event.go"],
    ["sh", "write-event.sh"],
  ])("shows the %s writer as it is", (language, file) => {
    const shown = `\`\`\`${language}\n${read(`examples/writers/${file}`).trimEnd()}\n\`\`\``;
    expect(read("docs/item-contract.md")).toContain(shown);
  });

  it("has every attribute that the schema has", () => {
    const { properties } = JSON.parse(read("schema/outbox-item.schema.json"));
    for (const name of Object.keys(properties)) {
      // A row may have this attribute, but it says nothing.
      if (name !== "specversion")
        expect(read("docs/item-contract.md")).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\|`, "m"));
    }
  });
});

describe("docs/consumers.md", () => {
  it.each(["inbox-with-a-lease", "natural-idempotence", "upsert-by-sequence", "write-and-compare"])(
    "shows the example %s as it is",
    (name) => {
      const shown = `\`\`\`ts\n${read(`examples/consumers/${name}.ts`).trimEnd()}\n\`\`\``;
      expect(read("docs/consumers.md")).toContain(shown);
    },
  );
});

/** A reader of the installed package has only what is packed. What is only in the repository is named without a link. */
describe("the pages of the package", () => {
  const { files } = JSON.parse(read("package.json")) as { readonly files: readonly string[] };
  const packed = [...files, "README.md", "LICENSE", "package.json"];
  const isPacked = (path: string) => packed.some((each) => path === each || path.startsWith(`${each}/`));
  const pages = readdirSync(new URL("../../docs", import.meta.url), { recursive: true, encoding: "utf8" });

  const paths = pages.filter((page) => page.endsWith(".md")).map((page) => join("docs", page));
  it.each([...paths, "README.md", "CHANGELOG.md"])("%s links to nothing that the package lacks", (path) => {
    const targets = [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = ""]) =>
      normalize(join(dirname(path), target)),
    );
    expect(targets.filter((target) => !isPacked(target))).toEqual([]);
  });
});

describe("docs/targets", () => {
  it.each([
    ["http.md", HTTP_FIELDS],
    ["nakadi.md", NAKADI_FIELDS],
  ])("%s names every setting of its target, and network beside them", (page, fields) => {
    const text = read(`docs/targets/${page}`);
    const settings = text.slice(text.indexOf("### Settings"), text.indexOf("### Cost"));
    expect([...fields, "network"].filter((name) => !settings.includes(`\`${name}\``))).toEqual([]);
  });
});

describe("who installs the package from a clone", () => {
  it.each(["README.md", "examples/orders/README.md"])("finds in %s the file that npm pack makes", (path) => {
    const { name, version } = JSON.parse(read("package.json")) as { readonly name: string; readonly version: string };
    expect(read(path)).toContain(`${name}-${version}.tgz`);
  });
});

describe("docs/operations.md", () => {
  it("promises no shard more than the README and the sizing do", () => {
    const [brings] =
      /(\d[\d,]*) events a second: a DynamoDB partition/.exec(read("docs/operations.md"))?.slice(1) ?? [];
    expect(brings).toBe("333");
    expect(read("README.md")).toContain(`a shard delivers ${brings} events a second`);
    expect(read("docs/performance.md")).toContain(`${brings} events a second and shard`);
  });
});
