import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "../../dev/dashboard/page-model.ts";
import { PageServer } from "../../dev/dashboard/page-server.ts";

let server: PageServer;

beforeAll(async () => {
  server = await PageServer.start(() => ({ now: 1 }) as unknown as Page);
});

afterAll(() => server.close());

/** Requests a path unchanged; fetch would normalize it. */
async function ask(path: string, host = `127.0.0.1:${server.port}`): Promise<{ status: number; text: string }> {
  const asked = request({ host: "127.0.0.1", port: server.port, path, headers: { host }, agent: false });
  asked.end();
  const [response] = await once(asked, "response");
  let text = "";
  for await (const part of response) text += part;
  return { status: response.statusCode, text };
}

describe("the dashboard's page server", () => {
  it.each(["/page.json", "/page.json?at=1"])("serves what it has: %s", async (path) => {
    expect(await ask(path)).toEqual({ status: 200, text: '{"now":1}' });
  });

  it.each(["/%", "/page.json/..", "/nothing"])("has nothing at %s", async (path) => {
    expect(await ask(path)).toEqual({ status: 404, text: "There is nothing here.\n" });
  });

  it.each(["//", "///x", "//[", "http://[/", "*"])("refuses %s, which is no path, and goes on", async (path) => {
    expect(await ask(path)).toEqual({
      status: 400,
      text: `The path is ${JSON.stringify(path)}: it must begin with one slash.\n`,
    });
    expect((await ask("/page.json")).status).toBe(200);
  });

  it.each(["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "["])(
    "refuses a request for the host %j: some web page had it sent here",
    async (host) => {
      const { status, text } = await ask("/page.json", host);
      expect(status).toBe(400);
      expect(text).not.toContain("now");
    },
  );

  it.each(["localhost", "LOCALHOST:1", "127.0.0.1"])("takes %s for itself", async (host) => {
    expect((await ask("/page.json", host)).status).toBe(200);
  });

  it("answers what is no HTTP, and goes on", async () => {
    const socket = connect(server.port, "127.0.0.1");
    socket.end("nonsense\r\n\r\n");
    const [answer] = await once(socket, "data");
    expect(String(answer)).toContain("400 Bad Request");
    expect((await ask("/page.json")).status).toBe(200);
  });
});
