import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dashboardDigest, digestIn, withDigest } from "../../../dev/dashboard/picture-digest.ts";
import { PACKAGE_ROOT } from "../../../lib/cdk/functions/bundles.ts";
import type { Template } from "../../../lib/cloudwatch/template.ts";
import { LOCAL_SETTINGS } from "../../../lib/local/deploy.ts";
import { synthesize } from "../fixtures.ts";

const picture = readFileSync(join(PACKAGE_ROOT, "docs", "images", "dashboard.png"));
const template = synthesize(LOCAL_SETTINGS).toJSON() as Template;

test("the picture in the documentation is of this version: else npm run dashboard -- --picture docs/images/dashboard.png", () => {
  expect(digestIn(picture)).toBe(dashboardDigest(template));
});

test("a picture of another version, or of nobody knows what, is found out", () => {
  expect(digestIn(withDigest(picture, "another"))).toBe("another");
  const changed = JSON.parse(JSON.stringify(template).replaceAll("EventsParked", "EventsParkd")) as Template;
  expect(dashboardDigest(changed)).not.toBe(dashboardDigest(template));
});
