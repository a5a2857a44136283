import { describe, expect, it } from "vitest";
import { onFirstUse, senderOnFirstUse } from "../../lib/aws/first-use.ts";

describe("what is made on first use", () => {
  it("is made when it is first asked for, once, even if there is nothing in it", () => {
    let made = 0;
    const value = onFirstUse(() => {
      made += 1;
      return undefined;
    });
    expect(made).toBe(0);
    expect([value(), value(), made]).toEqual([undefined, undefined, 1]);
  });

  it("is made anew where it could not be made", () => {
    let attempts = 0;
    const value = onFirstUse(() => {
      attempts += 1;
      if (attempts === 1) throw new Error("not yet");
      return attempts;
    });
    expect(value).toThrow("not yet");
    expect(value()).toBe(2);
  });
});

describe("a client that is made with its first call", () => {
  class Client {
    readonly sent: string[] = [];
    async send(command: string, options?: { readonly loud: boolean }): Promise<string> {
      this.sent.push(command);
      return options?.loud === true ? command.toUpperCase() : command;
    }
  }

  it("hands its calls on whole, to one client", async () => {
    const clients: Client[] = [];
    const sender = senderOnFirstUse(() => {
      const client = new Client();
      clients.push(client);
      return client;
    });
    expect(clients).toEqual([]);
    expect(await sender.send("read")).toBe("read");
    expect(await sender.send("write", { loud: true })).toBe("WRITE");
    expect(clients.map(({ sent }) => sent)).toEqual([["read", "write"]]);
  });
});
