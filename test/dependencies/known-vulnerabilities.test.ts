import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closedPort, httpServer } from "../aws/loopback.ts";
import { knownVulnerabilities, told } from "./known-vulnerabilities.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "outbox-dependencies-"));
  const manifest = {
    ...{ name: "sample", version: "1.0.0", dependencies: { installed: "1.0.0" } },
    devDependencies: { bundled: "2.0.0", tool: "3.0.0" },
  };
  const packages = {
    "": manifest,
    "node_modules/installed": { version: "1.0.0" },
    "node_modules/bundled": { version: "2.0.0", dev: true },
    "node_modules/tool": { version: "3.0.0", dev: true },
  };
  await writeFile(join(root, "package.json"), JSON.stringify(manifest));
  const lock = { name: "sample", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  await writeFile(join(root, "package-lock.json"), JSON.stringify(lock));
});

afterEach(() => rm(root, { recursive: true, force: true }));

const advisory = (name: string, severity: string) => ({
  ...{ id: name.length, url: `https://advisories.example.com/${name}`, title: `${name} runs what it is sent` },
  ...{ severity, vulnerable_versions: "<9.0.0", cwe: [], cvss: { score: 0, vectorString: null } },
});

/** A registry that knows these packages, each by its one version, and tells what it has against them. */
const registry =
  (versions: Readonly<Record<string, string>>, advisories: object): RequestListener =>
  ({ method, url = "/" }, answer) => {
    const name = url.slice(1);
    const version = versions[name];
    if (method === "POST" && url === "/-/npm/v1/security/advisories/bulk") answer.end(JSON.stringify(advisories));
    else if (version === undefined) answer.writeHead(404).end("{}");
    else
      answer.end(
        JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: { name, version } } }),
      );
  };
const KNOWN = { installed: "1.0.0", bundled: "2.0.0", tool: "3.0.0" };

const asked = (address: string) =>
  knownVulnerabilities({
    ...{ root, bundled: new Set(["bundled@2.0.0"]) },
    npmArguments: [`--registry=${address}`, "--fetch-timeout=1000", `--cache=${join(root, "cache")}`],
  });

const found = (name: string, version: string, severity: string) => {
  const { title, url } = advisory(name, severity);
  return { name, version, severity, title, url };
};

describe("what is known", () => {
  it("is a list that fails, each with its place to read of it", () => {
    const severe = [found("installed", "1.0.0", "high")];
    expect(told({ kind: "known", severe, asked: 2 })).toEqual({
      lines: [
        "high: installed 1.0.0: installed runs what it is sent (https://advisories.example.com/installed)",
        "1 vulnerabilities, high or critical, are known of the 2 packages that users get.",
      ],
      isPassed: false,
    });
    expect(told({ kind: "known", severe: [], asked: 2 })).toMatchObject({ isPassed: true });
  });

  it("passes in one line where the registry does not tell", () => {
    const line = "Vulnerabilities are not known: the registry does not answer (405 Method Not Allowed).";
    expect(told({ kind: "not known", why: "405 Method Not Allowed" })).toEqual({ lines: [line], isPassed: true });
  });
});

describe("a registry that is asked for vulnerabilities", () => {
  it("is believed where it names some of what is installed or bundled, high or critical", async () => {
    const advisories = { installed: [advisory("installed", "high")], bundled: [advisory("bundled", "critical")] };
    expect(await asked(await httpServer(registry(KNOWN, advisories)))).toEqual({
      ...{ kind: "known", asked: 2 },
      severe: [found("installed", "1.0.0", "high"), found("bundled", "2.0.0", "critical")],
    });
  });

  it("holds nothing against users where it names tools of development alone, or low ones", async () => {
    const advisories = { tool: [advisory("tool", "critical")], installed: [advisory("installed", "moderate")] };
    const answer = await asked(await httpServer(registry(KNOWN, advisories)));
    expect(answer).toEqual({ kind: "known", severe: [], asked: 2 });
  });

  it("may name none", async () => {
    expect(await asked(await httpServer(registry(KNOWN, {})))).toEqual({ kind: "known", severe: [], asked: 2 });
  });

  it.each([404, 405])("does not know where it answers %d, as a mirror may", async (status) => {
    const answer = await asked(await httpServer((_request, response) => response.writeHead(status).end()));
    expect(answer).toMatchObject({ kind: "not known", why: expect.stringContaining(String(status)) });
  });

  it("does not know where it never answers, or nobody is there", async () => {
    expect(await asked(await httpServer(() => undefined))).toMatchObject({ kind: "not known" });
    expect(await asked(await closedPort())).toMatchObject({
      ...{ kind: "not known", why: expect.stringContaining("ECONNREFUSED") },
    });
  });
});
