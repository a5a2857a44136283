import { dirname } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { Packed } from "../examples/packed.ts";
import { printed } from "./installed.ts";

const { tarball } = inject("installed");

/** `test:example` runs the others. */
describe("the example two-targets", () => {
  it("installs from the tarball, type-checks and synthesizes as it stands", async () => {
    const folder = await new Packed(dirname(tarball), tarball).project("two-targets", "examples/two-targets");
    await printed("npm", ["run", "types"], folder);
    expect(await printed("npx", ["--no-install", "cdk", "synth"], folder)).toContain("EventSourceMapping");
    const told = await printed("npx", ["--no-install", "outbox-relay", "--help"], folder);
    expect(told).toContain("  status ");
  });
});
