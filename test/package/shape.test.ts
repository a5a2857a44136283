import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { printed } from "./installed.ts";

const installed = inject("installed");
const linter = (name: string): string => join(installed.tools, "node_modules", ".bin", name);

describe("the packed package", () => {
  it("has nothing that publint would change", async () => {
    expect(await printed(linter("publint"), ["run", "--strict", installed.tarball], installed.tools)).toContain(
      "All good!",
    );
  });

  it("has the types that each way of importing it needs", async () => {
    const told = await printed(linter("attw"), [installed.tarball, "--format", "table-flipped"], installed.tools);
    expect(told).toContain("No problems found");
    for (const entry of ["client", "consumer", "testing"]) expect(told).toContain(`dynamodb-outbox-relay/${entry}`);
  });

  it("has no script that an installation would run, or ask leave for", async () => {
    const manifest = join(installed.apps.newest, "node_modules", "dynamodb-outbox-relay", "package.json");
    const { scripts } = JSON.parse(await readFile(manifest, "utf8"));
    for (const hook of ["preinstall", "install", "postinstall", "prepare"]) expect(scripts).not.toHaveProperty(hook);
  });
});
