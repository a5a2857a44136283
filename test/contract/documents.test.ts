import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

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
      // It may be said, and says nothing.
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
