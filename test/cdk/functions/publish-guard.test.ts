import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { PUBLISH_VARIABLE, refusalToPublish } from "../../../lib/cdk/build/publish-guard.ts";
import { PACKAGE_ROOT } from "../../../lib/cdk/functions/bundles.ts";

const manifest = { name: "sample", version: "1.2.3", repository: "https://example.com/sample" };

describe("publishing", () => {
  test("is refused without a variable that names the version", () => {
    expect(refusalToPublish(manifest, {})).toContain("PUBLISH_OUTBOX_RELAY is not set");
    for (const wrong of ["", "true", "1.2.4"]) {
      expect(refusalToPublish(manifest, { [PUBLISH_VARIABLE]: wrong })).toContain(`is ${JSON.stringify(wrong)}`);
    }
    expect(refusalToPublish(manifest, { [PUBLISH_VARIABLE]: "1.2.3" })).toBeUndefined();
  });

  test("is refused without a repository", () => {
    const { repository: _none, ...rest } = manifest;
    expect(refusalToPublish(rest, { [PUBLISH_VARIABLE]: "1.2.3" })).toContain("has no repository");
  });

  test("ends with the reason where npm would begin", () => {
    const { [PUBLISH_VARIABLE]: _own, ...env } = process.env;
    const { status, stderr } = spawnSync("npm", ["run", "--silent", "prepublishOnly"], {
      cwd: PACKAGE_ROOT,
      env,
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toContain("PUBLISH_OUTBOX_RELAY is not set");
  });
});
