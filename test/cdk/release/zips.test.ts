import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SUMS_FILE, writeRelease } from "../../../lib/cdk/release/write-release.ts";
import { zip } from "../../../lib/cdk/release/zip.ts";
import { bundlesFolder, createBundles, createFolder } from "../fixtures.ts";
import { release, resourcesOf, SOME, type Template } from "./releases.ts";

const made = release(bundlesFolder, {}, SOME);

describe("the released zips", () => {
  it("are all that the templates take, from the bucket and the prefix of their parameters", () => {
    const taken = [...made.templates.values()].flatMap((template) =>
      resourcesOf(template as Template, "AWS::Lambda::Function").map(([, { Properties }]) => Properties.Code),
    );
    const names = taken.map(({ S3Bucket, S3Key }) => {
      expect(S3Bucket).toEqual({ Ref: "CodeBucket" });
      const [separator, [prefix, name]] = S3Key["Fn::Join"];
      expect([separator, prefix]).toEqual(["", { Ref: "CodePrefix" }]);
      return name as string;
    });
    expect(new Set(names)).toEqual(new Set(made.zips.keys()));
    for (const name of names) expect(name).toMatch(/^(relay|requeuer)-[0-9a-f]{20}\.zip$/);
  });

  it("are the same bytes under the same names for the same code, and have other names for other code", () => {
    expect([...release(bundlesFolder, {}, SOME).zips]).toEqual([...made.zips]);
    const changed = createBundles();
    writeFileSync(join(changed, "relay-sqs", "index.js"), "exports.handler = 1;");
    const differing = [...release(changed, {}, SOME).zips.keys()].filter((name) => !made.zips.has(name));
    expect(differing).toEqual([expect.stringMatching(/^relay-/)]);
  });

  it("hold the function's files, readable by everybody, and no file beside the bundle that nothing turned on", () => {
    const folder = createFolder("zip-");
    const relay = [...made.zips].find(([name]) => name.startsWith("relay-")) as [string, Buffer];
    writeFileSync(join(folder, "code.zip"), relay[1]);
    mkdirSync(join(folder, "code"));
    execFileSync("python3", ["-c", UNZIP, join(folder, "code.zip"), join(folder, "code")]);
    expect(readdirSync(join(folder, "code")).sort()).toEqual(["index.js", "package.json"]);
    expect(readFileSync(join(folder, "code", "index.js"), "utf8")).toMatch(/^exports\.handler = "relay /);
  });

  it("do not depend on the order of their files", () => {
    const files = ["b", "a"].map((name) => ({ name, content: Buffer.from(name.repeat(100)) }));
    expect(zip(files)).toEqual(zip(files.toReversed()));
  });
});

/** Python's own reader of zips checks what a foreign program makes of them. */
const UNZIP = `
import stat, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
for each in archive.infolist():
    assert stat.S_IMODE(each.external_attr >> 16) == 0o644, each
    assert each.date_time == (1980, 1, 1, 0, 0, 0), each
archive.extractall(sys.argv[2])
`;

describe("the release's folder", () => {
  it("has every file with its sum, and the licences of what is in the zips; a former release goes, other files stay", async () => {
    const folder = createFolder("written-");
    const notices = join(createFolder("licences-"), "NOTICES.txt");
    writeFileSync(notices, "theirs");
    const write = (bundles: string) =>
      writeRelease({ folder, version: "1.2.3", bundlesFolder: bundles, licences: [notices], released: SOME });
    writeFileSync(join(folder, "own.zip"), "the owner's");
    const changed = createBundles();
    writeFileSync(join(changed, "relay-sqs", "index.js"), "exports.handler = 1;");
    await write(changed);
    const former = new Set(readdirSync(folder));
    await write(bundlesFolder);
    const sums = readFileSync(join(folder, SUMS_FILE), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.split("  "));
    expect(sums.map(([, name]) => name).sort()).toEqual([...made.templates.keys(), ...made.zips.keys()].sort());
    for (const [sum, name = ""] of sums) {
      expect(
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ).toBe(sum);
    }
    const others = readdirSync(folder).filter((name) => !sums.some(([, each]) => each === name));
    expect(others.sort()).toEqual(["NOTICES.txt", SUMS_FILE, "own.zip"]);
    expect([...former].filter((name) => !existsSync(join(folder, name)))).toEqual([
      expect.stringMatching(/^relay-.*zip$/),
    ]);
  });
});
