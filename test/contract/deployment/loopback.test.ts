import { describe, expect, it } from "vitest";
import { isLoopback } from "../../../lib/contract/deployment/loopback.ts";

describe("this machine's own host", () => {
  it.each(["localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"])("is %s", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    "",
    "localhost.example.com",
    "127.example.com",
    "10.0.0.1",
    "128.0.0.1",
    "[::2]",
    "sqs.us-east-1.amazonaws.com",
  ])("is not %j", (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
