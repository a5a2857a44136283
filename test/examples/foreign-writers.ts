import { execFile } from "node:child_process";
import { copyFile, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findPython } from "../../lib/local/emulator/python.ts";
import { installEnvironment } from "../../lib/local/environment.ts";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { requireJava } from "../java/java.ts";
import { installWithMaven, type MavenServer } from "../java/maven.ts";
import { run } from "./packed.ts";

const exec = promisify(execFile);
const WRITERS = join(PROJECT_ROOT, "examples", "writers");
const BOTO3 = "boto3==1.44.5";

/** A writer of examples/writers that can be run: with the orders' table, the outbox table and an order's id it prints the event's id. */
export interface ReadyWriter {
  readonly command: string;
  readonly args: readonly string[];
}

/** @param folder of the test run, in which the writer and its logs stand. */
export type Prepare = (folder: string) => Promise<ReadyWriter>;

export const pythonWriter: Prepare = async (folder) => {
  const found = await findPython(installEnvironment(process.env));
  if (found.kind === "unusable") throw new LocalRunError(found.reason);
  await run(folder, "venv", found.command, ["-m", "venv", join(folder, "boto3")], folder);
  const command = join(folder, "boto3", "bin", "python");
  await run(
    folder,
    "pip",
    command,
    ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", BOTO3],
    folder,
  );
  return { command, args: [join(WRITERS, "write_event.py")] };
};

const JAVA_SDK: MavenServer = {
  title: "the AWS SDK for Java",
  version: "2.31.78",
  folder: "java-writer",
  pom: fileURLToPath(new URL("writers/pom.xml", import.meta.url)),
  megabytes: 13,
};

export const javaWriter: Prepare = async (folder) => {
  const environment = installEnvironment(process.env);
  await requireJava("the writer in Java", environment);
  const { signal } = new AbortController();
  const libraries = await installWithMaven(JAVA_SDK, { environment, signal, say: (line) => console.log(line) });
  const classes = join(folder, "java");
  const classPath = [join(libraries, "*"), classes].join(delimiter);
  await run(folder, "javac", "javac", ["-cp", classPath, "-d", classes, join(WRITERS, "WriteEvent.java")], folder);
  return { command: "java", args: ["-cp", classPath, "WriteEvent"] };
};

export const goWriter: Prepare = async (folder) => {
  await requireGo();
  const module = join(folder, "go");
  await mkdir(module);
  await copyFile(join(WRITERS, "write_event.go"), join(module, "write_event.go"));
  for (const name of ["go.mod", "go.sum"]) {
    await copyFile(fileURLToPath(new URL(`writers/${name}`, import.meta.url)), join(module, name));
  }
  const command = join(folder, "go", "writer");
  await run(folder, "go-build", "go", ["build", "-o", command, "."], module);
  return { command, args: [] };
};

async function requireGo(): Promise<void> {
  try {
    await exec("go", ["version"]);
  } catch (cause) {
    throw new LocalRunError(
      "These tests run the writer in Go, which needs Go 1.24 or later: `go version` does not work here. Install it " +
        "(https://go.dev/dl), put it on the PATH and start again.",
      { cause },
    );
  }
}
