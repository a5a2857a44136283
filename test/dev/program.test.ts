import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { makeRunFolder, PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { requireWritable } from "../../lib/local/unwritable.ts";
import { asNobody } from "../setup/as-nobody.ts";

let folder: string;
let started: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-program-"));
  started = [];
});

afterEach(async () => {
  for (const child of started) child.kill("SIGKILL");
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

function start(file: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", join(PROJECT_ROOT, file), ...args], {
    cwd: PROJECT_ROOT,
    // npm's variable with the script's name would make the program watch its parent.
    env: { PATH: process.env["PATH"], AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += data;
  });
  return { child, ended: once(child, "close").then(([code]) => ({ code, errors })) };
}

/** The project's programs: what is in bin/, and what a script of package.json starts. */
function programs(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8"));
  const started = Object.values<string>(scripts).flatMap(
    (script) => script.match(/\b(?:bench|bin|dev|test)\/\S+(?<!\.(?:config|test))\.ts\b/g) ?? [],
  );
  const inBin = readdirSync(join(PROJECT_ROOT, "bin")).filter((file) => file.endsWith(".ts"));
  return [...new Set([...inBin.map((file) => `bin/${file}`), ...started])].sort();
}

describe("a program whose reader has seen enough", () => {
  it("stops, tidies up, and says so in a line", async () => {
    const { child, ended } = start("test/dev/program-of-lines.ts", join(folder, "end"));
    await once(child.stdout, "data");
    child.stdout.destroy();
    // 128 plus the number of SIGPIPE, a shell's code for a program that this signal ended.
    expect(await ended).toEqual({ code: 141, errors: "Stopped by SIGPIPE.\n" });
    expect(await readFile(join(folder, "end"), "utf8")).toBe("tidied up");
  });

  it.each([
    ["bin/local.ts", "--help"],
    ["bin/dashboard.ts", "--help"],
    ["bin/outbox-relay.ts", "--help"],
    ["bin/release-assets.ts", "--help"],
    ["test/simulation/main.ts", "--seed", "1", "--trace"],
    ["test/simulation/golden/digest-main.ts", "--help"],
    ["test/foreigners/scale/main.ts", "--rows", "10"],
    ["test/operator/audit-scale/main.ts", "--receipts", "1000"],
    ["test/suites/main.ts", "--help"],
    ["test/soak/main.ts", "--help"],
  ])("ends well where it only prints: %s %s", async (file, ...args) => {
    const { child, ended } = start(file, ...args);
    child.stdout.destroy();
    expect(await ended).toEqual({ code: 0, errors: "" });
  });

  it.each([
    ["bench/run.ts", "no-workload"],
    ["test/core/unit-mutants-main.ts", "no wrong variant"],
  ])("keeps the code of its failure where nobody reads why: %s %s", async (file, ...args) => {
    const { child, ended } = start(file, ...args);
    child.stderr.destroy();
    expect((await ended).code).toBe(2);
  });

  it.each(programs())("is expected by %s", async (file) => {
    expect(await readFile(join(PROJECT_ROOT, file), "utf8")).toMatch(
      /^ *(?:const \w+ = )?(?:endWithReader\(\)|outliveReader\(\)|onClosedOutput\(\[process\.stdout, process\.stderr\], )/m,
    );
  });

  it("is not forgotten where a program is new", () => {
    expect(programs()).toEqual(expect.arrayContaining(["bin/local.ts", "bin/app.ts", "test/soak/main.ts"]));
  });
});

/** Whether a process runs. An ended process that nobody has waited for does not. */
async function isRunning(pid: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid.trim()}/stat`, "utf8").catch(() => undefined);
  return status !== undefined && !/\) [ZX] /.test(status);
}

describe.runIf(existsSync("/proc/self/stat"))("a program that is killed", () => {
  it("leaves no command behind, nor what that started", async () => {
    const { child } = start("test/dev/program-of-a-command.ts", folder);
    const pidIn = (name: string) => readFile(join(folder, name), "utf8").catch(() => "");
    await expect.poll(() => pidIn("helper")).toMatch(/^\d+\n$/);
    const pids = [await pidIn("command"), await pidIn("helper")];
    for (const pid of pids) expect(await isRunning(pid)).toBe(true);
    child.kill("SIGKILL");
    await expect.poll(() => Promise.all(pids.map(isRunning))).toEqual([false, false]);
  });
});

describe("a checkout that may not be written to", () => {
  it("is named, with the reason and the fix", async () => {
    await chmod(folder, 0o555);
    const local = join(folder, ".ministack");
    const failure = await asNobody(() => makeRunFolder(local)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LocalRunError);
    expect((failure as Error).message).toBe(
      `${local} cannot be used: it may not be written to (EACCES). Run it where you may write, on a disk with room.`,
    );
  });

  it("is named before a run of hours whose result would be written to it", async () => {
    const [page, locked] = [join(folder, "page.md"), join(folder, "locked.md")];
    await writeFile(page, "as it was");
    await writeFile(locked, "");
    await chmod(folder, 0o755);
    await chmod(page, 0o666);
    await chmod(locked, 0o444);
    await asNobody(async () => {
      expect(() => requireWritable(page, locked)).toThrow(
        `${locked} cannot be used: it may not be written to (EACCES)`,
      );
      expect(() => requireWritable(page)).not.toThrow();
    });
    expect(await readFile(page, "utf8")).toBe("as it was");
  });

  it("is told from a file that stands in the way", async () => {
    const local = join(folder, ".ministack");
    await writeFile(local, "");
    await expect(makeRunFolder(local)).rejects.toThrow(
      `${local} cannot be used: a file stands where a folder is wanted (ENOTDIR)`,
    );
  });
});
