import { readdirSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");

/** A folder whose mutants are judged, and the tests that must kill them. */
export interface Folder {
  readonly folder: string;
  /** Glob patterns. */
  readonly tests: readonly string[];
  /** Those of them that take seconds each: only mutants that survive the others meet them. */
  readonly slowTests: readonly string[];
}

/** Some storms, whose checkers see what breaks a rule; and the stories that are written down step by step. */
const STORMS = "test/mutation/storms/few-storms.test.ts";
const STORIES = "test/simulation/golden/golden.test.ts";

const SLOW_TESTS = [
  STORMS,
  "test/core/requeue/hanging-destination.test.ts",
  "test/core/requeue/sweep/ages.test.ts",
  "test/core/requeue/sweep/sweep.test.ts",
  "test/core/ordered/long-backlogs.test.ts",
  "test/core/delivery/neighbours.test.ts",
  "test/core/delivery/existence/waiting-for-its-check.test.ts",
  "test/client/native-values-as-the-sdk.test.ts",
];

const room = (folder: string, ...tests: readonly string[]): Folder => ({
  folder,
  tests: tests.map((test) => (test.endsWith(".ts") ? test : `${test}/**/*.test.ts`)),
  slowTests: SLOW_TESTS.filter((slow) => tests.some((test) => slow === test || slow.startsWith(`${test}/`))),
});

/** A folder of the protocol, which storms and stories go through. */
const protocolRoom = (folder: string, ...tests: readonly string[]): Folder => room(folder, ...tests, STORMS, STORIES);

/** A file belongs to the first folder that holds it. */
export const FOLDERS: readonly Folder[] = [
  // Routes and probes are told where they are at home, in both protocols.
  protocolRoom(
    "lib/core/ordered",
    "test/core/ordered",
    "test/core/delivery/call",
    "test/core/requeue/probing.test.ts",
    "test/core/delivery/neighbours.test.ts",
  ),
  protocolRoom("lib/core/requeue", "test/core/requeue", "test/core/ordered"),
  room("lib/core/resilience", "test/core/resilience"),
  protocolRoom("lib/core/archive", "test/core/archive"),
  // What is archived, and when, is told with the archive.
  protocolRoom("lib/core/delivery", "test/core/delivery", "test/core/relay", "test/core/ordered", "test/core/archive"),
  protocolRoom(
    "lib/core/relay",
    "test/core/relay",
    "test/core/delivery",
    "test/core/ordered",
    "test/core/archive",
    "test/contract/telemetry/metrics.test.ts",
  ),
  room("lib/core/process", "test/core/process", "test/core/archive", "test/lambdas"),
  room("lib/core", "test/core/*.test.ts"),
  room("lib/consumer", "test/consumer"),
  room("lib/client", "test/client", "test/testing"),
];

export const folderOf = (file: string): Folder | undefined =>
  FOLDERS.find(({ folder }) => file.startsWith(`${folder}/`));

/** The files of a folder that are not another folder's. */
export const filesOf = (folder: Folder): readonly string[] =>
  readdirSync(join(ROOT, folder.folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder.folder}/${name}`)
    .filter((file) => file.endsWith(".ts") && folderOf(file) === folder)
    .sort();
