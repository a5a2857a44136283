import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A process of the benchmark, controlled by messages. */
export interface Child {
  send(message: object): void;
  /**
   * The next message not taken yet.
   *
   * @throws Error if the process ends before another message.
   */
  next<Message>(): Promise<Message>;
  /** Resolves with the exit code when the process ends by itself. */
  ended(): Promise<number | null>;
  /** Ends it, and resolves when it is gone. */
  end(): Promise<void>;
}

/** Its stdout is dropped, since a function writes its metrics there; its stderr is shown. */
export function startChild(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Child {
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const said: unknown[] = [];
  const waiting: { readonly resolve: (message: unknown) => void; readonly reject: (error: Error) => void }[] = [];
  let gone: Error | undefined;
  child.on("message", (message) => {
    const first = waiting.shift();
    if (first === undefined) said.push(message);
    else first.resolve(message);
  });
  function fail(error: Error): void {
    gone ??= error;
    for (const { reject } of waiting.splice(0)) reject(gone);
  }
  child.once("error", fail);
  child.once("exit", (code, signal) => fail(new Error(`A process of the benchmark ended early (${code ?? signal})`)));

  return {
    send: (message) => {
      child.send(message);
    },
    next: <Message>() =>
      new Promise<Message>((resolve, reject) => {
        if (said.length > 0) resolve(said.shift() as Message);
        else if (gone !== undefined) reject(gone);
        else waiting.push({ resolve: (message) => resolve(message as Message), reject });
      }),
    ended: async () => {
      if (!hasEnded(child)) await once(child, "exit");
      return child.exitCode;
    },
    end: async () => {
      if (hasEnded(child)) return;
      child.kill();
      await once(child, "exit");
    },
  };
}

const hasEnded = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null || pid === undefined;
