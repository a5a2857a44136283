import { GetBucketLifecycleConfigurationCommand, type LifecycleRule, S3Client } from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it } from "vitest";
import { keptFor } from "../../../../lib/operator/aws/audit/lifecycle.ts";
import { serviceError } from "../../../aws/fixtures.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";

const s3 = mockClient(S3Client);
const client = new S3Client({ region: "us-east-1" });
beforeEach(() => s3.reset());
const NOW_MS = Date.parse("2026-11-29T14:00:00Z");

const kept = (...rules: readonly Partial<LifecycleRule>[]) => {
  s3.on(GetBucketLifecycleConfigurationCommand).resolves({
    Rules: rules.map((rule) => ({ Status: "Enabled" as const, ...rule })),
  });
  return keptFor(client, "archive", "relay=orders/", NOW_MS);
};

describe("how long a bucket keeps the relay's objects", () => {
  it("is as long as its shortest rule about them says", async () => {
    expect(await kept({ Expiration: { Days: 365 }, Filter: { Prefix: "" } })).toEqual({ kind: "days", days: 365 });
    expect(
      await kept(
        { Expiration: { Days: 90 }, Filter: { Prefix: "relay=" } },
        { Expiration: { Days: 30 }, Prefix: "relay=orders/date=" },
        { Expiration: { Days: 60 } },
      ),
    ).toEqual({ kind: "days", days: 30 });
    const sized = { And: { Prefix: "relay=orders/", ObjectSizeGreaterThan: 1 } };
    expect(await kept({ Expiration: { Days: 7 }, Filter: sized })).toEqual({ kind: "days", days: 7 });
  });

  it("is no time at all, once the date of a rule has come", async () => {
    const until = (text: string) => kept({ Expiration: { Date: new Date(text) } }, { Expiration: { Days: 30 } });
    expect(await until("2026-11-29T00:00:00Z")).toEqual({ kind: "days", days: 0 });
    expect(await until("2026-11-30T00:00:00Z")).toEqual({ kind: "days", days: 30 });
  });

  it("is for ever, where no rule is about them", async () => {
    expect(
      await kept(
        { Expiration: { Days: 1 }, Status: "Disabled" },
        { Expiration: { Days: 1 }, Filter: { Prefix: "relay=parcels/" } },
        { Expiration: { Days: 1 }, Filter: { Tag: { Key: "a", Value: "b" } } },
        { Expiration: { Days: 1 }, Filter: { And: { Prefix: "", Tags: [{ Key: "a", Value: "b" }] } } },
        { NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
        { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
      ),
    ).toEqual({ kind: "for-ever" });
    s3.on(GetBucketLifecycleConfigurationCommand).rejects(serviceError("NoSuchLifecycleConfiguration", 404));
    expect(await keptFor(client, "archive", "relay=orders/", NOW_MS)).toEqual({ kind: "for-ever" });
  });

  it("is not made up, where it may not be asked", async () => {
    s3.on(GetBucketLifecycleConfigurationCommand).rejects(serviceError("AccessDenied", 403));
    await expect(keptFor(client, "archive", "relay=orders/", NOW_MS)).rejects.toThrow("AccessDenied");
  });
});
