import { afterEach, describe, expect, it } from "vitest";
import { type Child, startChild } from "../../bench/child.ts";

const children: Child[] = [];
afterEach(() => Promise.all(children.splice(0).map((child) => child.end())));

function childThat(code: string): Child {
  const child = startChild(process.execPath, ["--eval", code], { PATH: process.env["PATH"] });
  children.push(child);
  return child;
}

describe("a process of the benchmark", () => {
  it("hands over what it says in turn, whether somebody waits for it yet or not", async () => {
    const child = childThat(
      "process.send(1); process.send(2); process.on('message', (n) => process.send(n.plus + 1));",
    );
    expect([await child.next(), await child.next()]).toEqual([1, 2]);
    child.send({ plus: 2 });
    expect(await child.next()).toBe(3);
  });

  it("fails who waits for it when it ends, and who asks it later", async () => {
    const child = childThat("process.exit(3);");
    await expect(child.next()).rejects.toThrow("A process of the benchmark ended early (3)");
    await expect(child.next()).rejects.toThrow("ended early (3)");
    expect(await child.ended()).toBe(3);
  });

  it("fails who waits for it when it cannot be started", async () => {
    const child = startChild("/nowhere/to/be/found", [], {});
    await expect(child.next()).rejects.toThrow("ENOENT");
    await child.end();
  });

  it("is gone once it was ended", async () => {
    const child = childThat("setInterval(() => undefined, 1_000); process.send(process.pid);");
    const pid = await child.next<number>();
    await child.end();
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
