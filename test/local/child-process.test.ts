import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CommandOptions, runCommand, startChild } from "../../lib/local/child-process.ts";
import { isAlive } from "../../lib/local/leftovers.ts";

let folder: string;
let options: (command: string) => CommandOptions;
let stopping: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-run-"));
  stopping = new AbortController();
  options = (command) => ({
    command: "/bin/sh",
    args: ["-c", command],
    environment: { PATH: process.env["PATH"] ?? "" },
    folder,
    logFile: join(folder, "log"),
    signal: stopping.signal,
    timeoutMs: 10_000,
  });
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The process id that a command wrote to a file of its folder. */
async function pidIn(name: string): Promise<number> {
  await expect.poll(() => readFile(join(folder, name), "utf8").catch(() => "")).not.toBe("");
  return Number(await readFile(join(folder, name), "utf8"));
}

describe("a child process", () => {
  it("is ended with everything it started, even what does not listen", async () => {
    const stubborn = "trap '' TERM; while :; do echo >> beats; sleep 0.02; done";
    const child = startChild(options(`trap '' TERM; sh -c "${stubborn}"; exit 0`));
    const beats = () => readFile(join(folder, "beats"), "utf8").catch(() => "");
    await expect.poll(beats).not.toBe("");
    await child.end(100);
    expect(await child.exit).toEqual({ kind: "killed", signal: "SIGKILL" });
    const heard = await beats();
    await sleep(200);
    expect(await beats()).toBe(heard);
  });

  it("may have ended before it is ended", async () => {
    const child = startChild(options("exit 3"));
    expect(await child.exit).toEqual({ kind: "exited", code: 3 });
    expect(child.ended).toEqual({ kind: "exited", code: 3 });
    await child.end();
  });

  it("that cannot be started says why", async () => {
    const child = startChild({ ...options(""), command: join(folder, "absent") });
    expect(await child.exit).toMatchObject({ kind: "not-started" });
    await child.end();
  });
});

describe("a command", () => {
  it("resolves when it is done", async () => {
    expect(await runCommand(options("echo hello"))).toEqual({ kind: "done" });
    expect(await readFile(join(folder, "log"), "utf8")).toBe("hello\n");
  });

  it("that fails says how, with the end of its log", async () => {
    expect(await runCommand(options("echo one; echo two >&2; exit 4"))).toEqual({
      kind: "failed",
      reason: "it ended with code 4",
      output: "    one\n    two",
    });
  });

  it("is ended when it takes too long", async () => {
    const result = await runCommand({ ...options("echo $$ > pid; sleep 60"), timeoutMs: 300 });
    expect(result).toMatchObject({ kind: "failed", reason: "it did not end within 0.3 s" });
    expect(isAlive(await pidIn("pid"))).toBe(false);
  });

  it("is ended when the run is stopped", async () => {
    const running = runCommand(options("echo $$ > pid; sleep 60"));
    const pid = await pidIn("pid");
    stopping.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
    expect(isAlive(pid)).toBe(false);
  });
});
