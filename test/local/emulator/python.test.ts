import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MINISTACK_VERSION } from "../../../lib/local/emulator/ministack.ts";
import { findPython } from "../../../lib/local/emulator/python.ts";
import { installMinistack } from "../../../lib/local/emulator/python-install.ts";

let folder: string;
const environment = { PATH: process.env["PATH"] ?? "" };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "local-run-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function script(name: string, lines: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${lines}\n`);
  await chmod(file, 0o755);
  return file;
}

describe("looking for Python", () => {
  it("takes the first that is recent enough", async () => {
    const old = await script("old", "echo 3.9");
    const recent = await script("recent", "echo 3.12");
    expect(await findPython(environment, [join(folder, "absent"), old, recent])).toEqual({
      kind: "found",
      command: recent,
      version: "3.12",
    });
  });

  it("says which one is too old", async () => {
    const old = await script("old", "echo 3.9");
    expect(await findPython(environment, [old])).toEqual({
      kind: "unusable",
      reason: `${old} is Python 3.9; 3.10 or later is needed`,
    });
  });

  it("says what a Python without venv lacks", async () => {
    const bare = await script("bare", "echo 3.11; exit 1");
    const found = await findPython(environment, [bare]);
    expect(found).toMatchObject({ kind: "unusable", reason: expect.stringContaining("python3-venv") });
  });

  it("says when there is none", async () => {
    expect(await findPython(environment, [join(folder, "absent")])).toEqual({
      kind: "unusable",
      reason: "no Python was found",
    });
  });
});

/**
 * A Python that makes "virtual environments" of one script. That script installs by leaving a mark, and passes the
 * check only once the mark is there; `pip` takes a moment, so that two installations overlap.
 */
const FAKE_PYTHON = `
if [ "$2" = venv ]; then
  mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
elif [ "$2" = pip ]; then
  echo "$*" >> "$(dirname "$0")/../../pip-calls"
  [ -e "$(dirname "$0")/../../pip-fails" ] && { echo "no such package"; exit 1; }
  sleep 0.2
  touch "$(dirname "$0")/../installed"
elif [ "$1" = -c ] && [ -e "$(dirname "$0")/../installed" ]; then
  echo ${MINISTACK_VERSION}
else
  exit 1
fi`;

describe("installing MiniStack", () => {
  const home = () => join(folder, "home");
  const finished = () => join(home(), `ministack-${MINISTACK_VERSION}-python-3.12`);
  let installs: number;

  async function install(): Promise<string> {
    return installMinistack({
      python: { command: await script("python", FAKE_PYTHON), version: "3.12" },
      folder: home(),
      logFile: join(folder, "install.log"),
      environment,
      signal: new AbortController().signal,
      onInstall: () => {
        installs += 1;
      },
    });
  }

  beforeEach(async () => {
    installs = 0;
    await mkdir(home());
  });

  it("happens once", async () => {
    expect(await install()).toBe(join(finished(), "bin", "python"));
    await install();
    expect(installs).toBe(1);
    expect((await readdir(home())).sort()).toEqual([`ministack-${MINISTACK_VERSION}-python-3.12`, "pip-calls"]);
  });

  it("is redone where an installation does not work", async () => {
    await mkdir(join(finished(), "bin"), { recursive: true });
    await writeFile(join(finished(), "bin", "python"), "not a program");
    await install();
    expect(installs).toBe(1);
    await install();
    expect(installs).toBe(1);
  });

  it("sweeps away what a killed installation left, and leaves one alone that is going on", async () => {
    await mkdir(join(home(), "installing-999999999-1"));
    await mkdir(join(home(), `installing-${process.pid}-1`));
    await install();
    const names = await readdir(home());
    expect(names).not.toContain("installing-999999999-1");
    expect(names).toContain(`installing-${process.pid}-1`);
  });

  it("may happen twice at once", async () => {
    const both = await Promise.all([install(), install()]);
    expect(both).toEqual([join(finished(), "bin", "python"), join(finished(), "bin", "python")]);
    await install();
    expect(installs).toBe(2);
    expect((await readdir(home())).filter((name) => name.startsWith("installing-"))).toEqual([]);
  });

  it("that fails says what pip said, and leaves nothing that looks like an installation", async () => {
    await writeFile(join(home(), "pip-fails"), "");
    await expect(install()).rejects.toThrow(
      /pip could not install ministack==.*ended with code 1[\s\S]*no such package/,
    );
    expect((await readdir(home())).filter((name) => name !== "pip-fails" && name !== "pip-calls")).toEqual([]);
  });
});
