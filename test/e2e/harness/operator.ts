import { Writable } from "node:stream";
import { run } from "../../../lib/operator/cli/program.ts";

export interface CommandEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly end: Promise<CommandEnd>;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** Collects what a command writes. It is not a terminal, so the output has no colours and no progress. */
class Collector extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

/** The operator's command, in this process, against one endpoint. */
export class Operator {
  readonly #endpoint: string;
  #stopping = false;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** Ends a running command, as Ctrl-C does. */
  stop(): void {
    this.#stopping = true;
  }

  async run(...args: readonly string[]): Promise<CommandEnd> {
    return this.start(...args).end;
  }

  /** Starts a command that goes on until it is stopped. */
  start(...args: readonly string[]): RunningCommand {
    this.#stopping = false;
    const stdout = new Collector();
    const stderr = new Collector();
    const ended = run(["--endpoint-url", this.#endpoint, ...args], {
      stdout,
      stderr,
      environment: process.env,
      stopped: () => this.#stopping,
    });
    const end = ended.then((exitCode) => ({ exitCode, stdout: stdout.text, stderr: stderr.text }));
    return { end, stdout: () => stdout.text, stderr: () => stderr.text };
  }

  /** A command's output for scripts. */
  async json(...args: readonly string[]): Promise<{ readonly exitCode: number; readonly document: unknown }> {
    const { exitCode, stdout, stderr } = await this.run("--json", ...args);
    if (stdout === "") throw new Error(`outbox-relay ${args.join(" ")} ended with ${exitCode}: ${stderr}`);
    return { exitCode, document: JSON.parse(stdout) };
  }
}
