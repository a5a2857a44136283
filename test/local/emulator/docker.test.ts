import { describe, expect, it } from "vitest";
import { containerArguments, hostSeenFrom } from "../../../lib/local/emulator/docker.ts";
import { MINISTACK_IMAGE } from "../../../lib/local/emulator/ministack.ts";

const args = (network: "host" | "gateway") =>
  containerArguments({ name: "n", port: 4700, network, variables: { AWS_ENDPOINT_URL: "http://127.0.0.1:4700" } });

describe("MiniStack in Docker", () => {
  it("is published on loopback alone, on the same port inside and outside", () => {
    const text = args("gateway").join(" ");
    expect(text).toContain("--publish 127.0.0.1:4700:4700");
    expect(text).toContain("--env GATEWAY_PORT=4700");
    expect(text).toContain("--env BIND_HOST=0.0.0.0");
    expect(text).not.toContain("--network");
  });

  it("binds to loopback where it shares the machine's network", () => {
    const text = args("host").join(" ");
    expect(text).toContain("--network host");
    expect(text).toContain("--env BIND_HOST=127.0.0.1");
    expect(text).not.toContain("--publish");
  });

  it("runs a pinned image, ends with its input, and is removed", () => {
    expect(MINISTACK_IMAGE).toMatch(/^ministackorg\/ministack:\d+\.\d+\.\d+$/);
    expect(args("host")).toEqual(expect.arrayContaining(["--rm", "--interactive", MINISTACK_IMAGE]));
  });

  it("lets functions reach this machine", () => {
    expect(hostSeenFrom("host")).toBe("127.0.0.1");
    expect(hostSeenFrom("gateway")).toBe("host.docker.internal");
  });
});
