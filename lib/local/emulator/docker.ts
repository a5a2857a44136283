import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LOOPBACK } from "../../contract/deployment/loopback.ts";
import type { Variables } from "../environment.ts";
import { LAUNCHER, MINISTACK_IMAGE, ministackVariables } from "./ministack.ts";

const run = promisify(execFile);
const ANSWER_WITHIN_MS = 15_000;

/**
 * How a container can reach the fault proxy on this machine's loopback.
 *
 * - `host`: the engine runs on this Linux itself, so the container shares the machine's loopback.
 * - `gateway`: Docker Desktop runs containers in a virtual machine and forwards `host.docker.internal` to the loopback.
 */
export type DockerNetwork = "host" | "gateway";

export type DockerSearch =
  | { readonly kind: "found"; readonly version: string; readonly network: DockerNetwork }
  | { readonly kind: "unusable"; readonly reason: string };

/** Looks for a running Docker engine. */
export async function findDocker(environment: Variables): Promise<DockerSearch> {
  try {
    const format = "{{.ServerVersion}}|{{.OperatingSystem}}";
    const { stdout } = await run("docker", ["info", "--format", format], {
      env: environment,
      timeout: ANSWER_WITHIN_MS,
    });
    const [version = "", system = ""] = stdout.trim().split("|");
    if (version === "") {
      return { kind: "unusable", reason: "Docker is installed, but its engine does not run" };
    }
    const native = process.platform === "linux" && system !== "Docker Desktop";
    return { kind: "found", version, network: native ? "host" : "gateway" };
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return {
      kind: "unusable",
      reason: missing ? "no Docker was found" : "Docker is installed, but its engine does not run",
    };
  }
}

export interface ContainerOptions {
  readonly name: string;
  readonly port: number;
  readonly network: DockerNetwork;
  /** The environment of MiniStack, whose endpoint is the same inside and outside of the container. */
  readonly variables: Variables;
  readonly account?: string | undefined;
}

/** The arguments of `docker` that run MiniStack, reachable from this machine alone. */
export function containerArguments({ name, port, network, variables, account }: ContainerOptions): string[] {
  const shared = network === "host";
  const settings = {
    ...variables,
    ...ministackVariables({ port, account, bindHost: shared ? LOOPBACK : "0.0.0.0" }),
  };
  return [
    ...["run", "--rm", "--interactive", "--name", name],
    ...(shared ? ["--network", "host"] : ["--publish", `${LOOPBACK}:${port}:${port}`]),
    ...Object.entries(settings).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    ...["--entrypoint", "python", MINISTACK_IMAGE, "-c", LAUNCHER],
  ];
}

/** The host under which a function in the container reaches this machine's loopback. */
export const hostSeenFrom = (network: DockerNetwork): string =>
  network === "host" ? LOOPBACK : "host.docker.internal";

/** Removes the container if it still exists. */
export async function removeContainer(name: string, environment: Variables): Promise<void> {
  try {
    await run("docker", ["rm", "--force", name], { env: environment, timeout: ANSWER_WITHIN_MS });
  } catch (error) {
    // `--rm` removes a container that ended by itself, so usually none is left.
    if (!String(error).includes("No such container")) {
      throw error;
    }
  }
}
