import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildPackageModules } from "../../lib/cdk/build/package-modules.ts";
import { asNobody } from "../setup/as-nobody.ts";

test("a package whose folder may not be written to is not compiled: the compiler has a line for each file", async () => {
  const root = await mkdtemp(join(tmpdir(), "outbox-package-"));
  onTestFinished(() => rm(root, { recursive: true }));
  await chmod(root, 0o555);
  const failure = await asNobody(() => buildPackageModules(root)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "EACCES", syscall: "mkdir" });
});
