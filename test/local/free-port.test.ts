import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "../../lib/local/free-port.ts";

/** Listens until the test is over. */
async function taken(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.close();
  });
}

it("passes over ports that somebody listens on, and those it gave before", async () => {
  const [one, other] = [await freePort(), await freePort()];
  await taken(one);
  const third = await freePort();
  const picks = [one, other, third];
  let next = 20_000;
  const fourth = await freePort(() => picks.shift() ?? next++);
  expect([one, other, third]).not.toContain(fourth);
  expect(picks).toEqual([]);
});

it("gives ports that no outgoing connection is given", async () => {
  for (let count = 0; count < 20; count += 1) expect(await freePort()).toBeLessThan(32_768);
});

it("says so when none is free", async () => {
  const port = await freePort();
  await expect(freePort(() => port)).rejects.toThrow(/^No port is free on 127.0.0.1: 100 between 20000 and 32000/);
});
