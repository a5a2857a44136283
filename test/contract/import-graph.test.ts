import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { TARGET_KINDS } from "../../lib/contract/deployment/target-kind.ts";
import { committedFiles } from "./committed-files.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** A file's imports: static, dynamic, of types, and by `require`. */
const IMPORTED = /^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|\b(?:import|require)\("([^"]+)"\)/gm;
/** Documents show imports too. */
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

const SOURCES: ReadonlySet<string> = new Set(
  committedFiles().filter((path) => /^(?:bin|dev|lambdas|lib)\/.*\.(?:ts|cjs)$/.test(path)),
);

function importsOf(path: string): readonly string[] {
  const source = readFileSync(join(ROOT, path), "utf8").replace(COMMENT, "");
  return [...source.matchAll(IMPORTED)].map(([, from, bare, called]) => {
    const imported = from ?? bare ?? called ?? "";
    return imported.startsWith(".") ? posix.normalize(join(dirname(path), imported)) : imported;
  });
}

const SYNTH_FILES = ["construct.ts", "context-settings.ts", "factory.ts"];

/** The audit on a schedule: the one function that does an operator's work. */
const AUDIT_FUNCTION = "lambdas/audit.ts";

/** Which room a file is in. A target's folder has three: what synthesizes, what runs, and what the operator asks. */
function roomOf(path: string): string {
  if (path === AUDIT_FUNCTION) return "the audit's function";
  const [top = "", second = "", third = "", ...rest] = path.split("/");
  if (top !== "lib") return top;
  if (second === "operator") return `lib/operator/${third}`;
  if (second !== "targets") return `lib/${second}`;
  if (third === "shared") return rest.length > 1 ? `lib/targets/shared/${rest[0]}` : "lib/targets/shared";
  if (rest[0] === "doctor.ts") return "a target's doctor";
  return SYNTH_FILES.includes(rest[0] ?? "") ? "a target's construct" : "a target at run time";
}

const AWS_PACKAGES = /^@(?:aws-sdk|smithy)\//;
const CDK_PACKAGES = /^(?:aws-cdk-lib|constructs)(?:\/|$)/;
const BROKER_PACKAGES = /^(?:amqplib|@platformatic\/kafka|@nats-io\/)/;

interface Room {
  /** The rooms beside itself. */
  readonly rooms: readonly string[];
  /** Packages, and modules of Node. */
  readonly packages: readonly RegExp[];
}

const NODE = /^node:/;

/** All that each room may import. What is not here is forbidden, also for a package or a room that is new. */
const ROOMS: Readonly<Record<string, Room>> = {
  "lib/contract": { rooms: [], packages: [/^node:(?:zlib|crypto)$/] },
  "lib/core": { rooms: ["lib/contract"], packages: [] },
  "lib/aws": {
    rooms: ["lib/contract", "lib/core"],
    packages: [
      NODE,
      AWS_PACKAGES,
      /^@aws-lambda-powertools\//,
      /^@opentelemetry\/api$/,
      /^aws-lambda$/,
      /^#(?:archive|tracing)$/,
    ],
  },
  "lib/targets/shared": { rooms: ["lib/contract"], packages: [] },
  "lib/targets/shared/run": {
    rooms: ["lib/contract", "lib/core", "lib/aws", "lib/targets/shared"],
    packages: [NODE, AWS_PACKAGES],
  },
  "a target at run time": {
    rooms: ["lib/contract", "lib/core", "lib/aws", "lib/targets/shared", "lib/targets/shared/run"],
    packages: [NODE, AWS_PACKAGES, BROKER_PACKAGES],
  },
  "lib/targets/shared/doctor": { rooms: ["lib/contract", "lib/targets/shared"], packages: [AWS_PACKAGES] },
  "a target's doctor": {
    rooms: ["lib/contract", "lib/targets/shared", "lib/targets/shared/doctor"],
    packages: [AWS_PACKAGES],
  },
  "lib/synth": { rooms: ["lib/contract"], packages: [CDK_PACKAGES] },
  "lib/targets/shared/synth": { rooms: ["lib/contract", "lib/synth", "lib/targets/shared"], packages: [CDK_PACKAGES] },
  "a target's construct": {
    // Settings that both sides read stand among the files that run; what those may be is tested below.
    rooms: ["lib/contract", "lib/synth", "lib/targets/shared", "lib/targets/shared/synth", "a target at run time"],
    packages: [CDK_PACKAGES],
  },
  "lib/cdk": {
    rooms: ["lib/contract", "lib/synth", "lib/targets/shared/synth", "a target's construct"],
    packages: [NODE, CDK_PACKAGES, /^esbuild$/],
  },
  lambdas: {
    rooms: ["lib/contract", "lib/core", "lib/aws", "lib/targets/shared/run"],
    packages: [NODE, /^aws-lambda$/, /^#target$/],
  },
  "the audit's function": {
    rooms: ["lib/contract", "lib/core", "lib/aws", "lib/operator/core", "lib/operator/aws"],
    packages: [/^aws-lambda$/],
  },
  "lib/client": {
    rooms: ["lib/contract", "lib/core"],
    packages: [
      NODE,
      /^@aws-sdk\/(?:client-dynamodb|util-dynamodb)$/,
      /^@opentelemetry\/api$/,
      /^@standard-schema\/spec$/,
    ],
  },
  "lib/consumer": {
    rooms: ["lib/contract", "lib/core", "lib/client"],
    packages: [NODE, /^@aws-sdk\/client-dynamodb$/],
  },
  "lib/testing": {
    rooms: ["lib/contract", "lib/client", "lib/consumer"],
    packages: [NODE, /^@aws-sdk\/client-dynamodb$/],
  },
  "lib/operator/core": { rooms: ["lib/contract", "lib/core"], packages: [] },
  "lib/operator/aws": {
    rooms: [
      ...["lib/contract", "lib/core", "lib/aws", "lib/operator/core"],
      ...["lib/targets/shared", "lib/targets/shared/doctor", "a target's doctor", "a target at run time"],
    ],
    packages: [NODE, AWS_PACKAGES],
  },
  "lib/operator/cli": {
    rooms: ["lib/contract", "lib/core", "lib/aws", "lib/operator/core", "lib/operator/aws", "lib/local"],
    packages: [NODE, /^commander$/, /^package\.json$/],
  },
  "lib/cloudwatch": { rooms: [], packages: [] },
  "lib/local": { rooms: ["lib/contract"], packages: [NODE, AWS_PACKAGES] },
  dev: {
    rooms: ["lib/contract", "lib/local", "lib/cloudwatch"],
    packages: [NODE, AWS_PACKAGES, /^(?:esbuild|marked|playwright-core|uplot)(?:\/|$)/, /\.css$/],
  },
};

const isAllowed = (from: string, imported: string): boolean => {
  const room = ROOMS[roomOf(from)];
  if (room === undefined) return false;
  if (!SOURCES.has(imported)) return room.packages.some((allowed) => allowed.test(imported));
  return roomOf(imported) === roomOf(from) || room.rooms.includes(roomOf(imported));
};

/** All that a file imports, directly or by way of others; each with what led there. */
function reachedFrom(starts: readonly string[]): ReadonlyMap<string, string> {
  const reached = new Map(starts.map((start) => [start, start]));
  for (const path of reached.keys()) {
    if (!SOURCES.has(path)) continue;
    for (const imported of importsOf(path)) if (!reached.has(imported)) reached.set(imported, path);
  }
  return reached;
}

const reachedBadly = (starts: readonly string[], isBad: (path: string) => boolean): readonly string[] =>
  [...reachedFrom(starts)].filter(([path]) => isBad(path)).map(([path, by]) => `${path}, by ${by}`);

const inRooms = (...rooms: readonly string[]): readonly string[] =>
  [...SOURCES].filter((path) => rooms.includes(roomOf(path)));

describe("the import graph", () => {
  it("reads imports of every kind", () => {
    expect(importsOf("lib/aws/tracing/tracing.ts")).toContain("#tracing");
    expect(importsOf("lib/core/ports.ts")).toContain("lib/contract/event.ts");
    expect(SOURCES.size).toBeGreaterThan(400);
  });

  it("refuses what the table does not name", () => {
    for (const imported of ["amqplib", "node:fs", "#target", "lib/aws/aws-clients.ts", "examples/orders/app.ts"])
      expect(isAllowed("lib/core/ports.ts", imported), imported).toBe(false);
    expect(isAllowed("lib/core/ports.ts", "lib/contract/event.ts")).toBe(true);
    expect(isAllowed("lib/targets/sqs/construct.ts", "amqplib")).toBe(false);
  });

  it("has no import that the table of rooms does not allow", () => {
    const forbidden = [...SOURCES]
      .filter((path) => roomOf(path) !== "bin")
      .flatMap((path) =>
        importsOf(path)
          .filter((imported) => !isAllowed(path, imported))
          .map((it) => `${path}: ${it}`),
      );
    expect(forbidden).toEqual([]);
  });

  it("has no import of one target by another", () => {
    const kindOf = (path: string) => TARGET_KINDS.find((kind) => path.startsWith(`lib/targets/${kind}/`));
    const crossing = [...SOURCES].flatMap((path) =>
      importsOf(path)
        .filter((imported) => kindOf(imported) !== undefined && path.startsWith("lib/targets/"))
        .filter((imported) => kindOf(imported) !== kindOf(path))
        .map((imported) => `${path}: ${imported}`),
    );
    expect(crossing).toEqual([]);
  });

  it("leads from what synthesizes to nothing that runs, also not by way of others", () => {
    const runs = [
      "lib/core",
      "lib/aws",
      "lib/targets/shared/run",
      "lambdas",
      "the audit's function",
      "lib/client",
      "lib/operator/core",
    ];
    const isRunning = (path: string) =>
      (SOURCES.has(path) && runs.includes(roomOf(path))) || AWS_PACKAGES.test(path) || BROKER_PACKAGES.test(path);
    const starts = inRooms("lib/cdk", "lib/synth", "lib/targets/shared/synth", "a target's construct");
    expect(reachedBadly(starts, isRunning)).toEqual([]);
  });

  it("leads from what runs to nothing that synthesizes", () => {
    const synthesizes = ["lib/cdk", "lib/synth", "lib/targets/shared/synth", "a target's construct"];
    const isSynth = (path: string) =>
      (SOURCES.has(path) && synthesizes.includes(roomOf(path))) || CDK_PACKAGES.test(path);
    const starts = inRooms(
      "lambdas",
      "the audit's function",
      "a target at run time",
      "lib/client",
      "lib/consumer",
      "lib/testing",
      "lib/operator/cli",
    );
    expect(reachedBadly(starts, isSynth)).toEqual([]);
  });

  it("has a room for every folder", () => {
    const rooms = new Set([...SOURCES].map(roomOf).filter((room) => room !== "bin"));
    expect([...rooms].filter((room) => ROOMS[room] === undefined)).toEqual([]);
    expect(Object.keys(ROOMS).filter((room) => !rooms.has(room))).toEqual([]);
  });
});
