import { type ExecFileException, execFile } from "node:child_process";
import { join } from "node:path";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";
import type { AppName, Compiler, NodeMajor } from "./matrix.ts";

/** Where everything is installed. Plain values, because test files run in processes of their own. */
export interface Installed {
  readonly tarball: string;
  readonly apps: Readonly<Record<AppName, string>>;
  /** A folder with the compilers, the Nodes and the linters of packages. */
  readonly tools: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    installed: Installed;
  }
}

export const compilerName = (compiler: Compiler): string => `typescript-${compiler}`;
export const nodeName = (node: NodeMajor): string => `node-${node}`;

export const nodeOf = ({ tools }: Installed, node: NodeMajor): string =>
  join(tools, "node_modules", nodeName(node), "bin", "node");

export const compilerOf = ({ tools }: Installed, compiler: Compiler): string =>
  join(tools, "node_modules", compilerName(compiler), "bin", "tsc");

/** What a program printed. @throws an error with that, where the program fails. */
export function printed(command: string, args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, timeout: WAIT_HANGS_AFTER_MS, maxBuffer: 50_000_000 };
    execFile(command, args, options, (error: ExecFileException | null, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(" ")} failed in ${folder}:\n${stdout}\n${stderr}`));
    });
  });
}
