import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type FaultControl,
  type NamedFault,
  serveFaults,
  setRunningFault,
} from "../../../lib/local/command/fault-control.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";

const FAULT: NamedFault = { fault: "503", service: "sqs" };
const played: NamedFault[] = [];
let control: FaultControl;
let strangerAddress: string;
let stranger: Server;

beforeEach(async () => {
  played.length = 0;
  control = await serveFaults(async (given) => void played.push(given));
  stranger = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  strangerAddress = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await control.close();
  await new Promise((resolve) => stranger.close(resolve));
});

const refusal = (address: string | undefined) =>
  setRunningFault(FAULT, address === undefined ? {} : { OUTBOX_RELAY_LOCAL: address }).then(
    () => undefined,
    (error: unknown) => error,
  );

describe("a fault for the running `outbox-relay local`", () => {
  it("is in force when the command ends", async () => {
    await setRunningFault(FAULT, { OUTBOX_RELAY_LOCAL: control.address });
    expect(played).toEqual([FAULT]);
  });

  it.each([
    ["{}"],
    ["nonsense"],
    ['{"fault":"503","service":"constructor"}'],
    ['{"fault":"toString","service":"sqs"}'],
  ])("is refused where it is %s", async (body) => {
    const { status } = await fetch(`${control.address}/fault`, { method: "PUT", body });
    expect(status).toBe(400);
    expect(played).toEqual([]);
  });

  it("says why, where the run cannot play it", async () => {
    const broken = await serveFaults(() => Promise.reject(new Error("the proxy is gone")));
    expect(await refusal(broken.address)).toEqual(
      new LocalRunError("The local run could not play the fault: the proxy is gone."),
    );
    await broken.close();
  });

  it("cannot come from a web page's form", async () => {
    const { status } = await fetch(`${control.address}/fault`, { method: "POST", body: JSON.stringify(FAULT) });
    expect(status).toBe(400);
    expect(played).toEqual([]);
  });

  it.each([
    ["no run is named", () => undefined, /^OUTBOX_RELAY_LOCAL is not set/],
    ["the variable is empty", () => "", /^OUTBOX_RELAY_LOCAL is not set/],
    ["the address is another machine's", () => "http://example.com", /example\.com is not this machine's loopback/],
    ["nobody answers", () => "http://127.0.0.1:9", /nobody answers there/],
    ["somebody else answers", () => strangerAddress, /what answers there is no local run \(200\)/],
  ])("says what to do where %s", async (_case, address, message) => {
    const error = await refusal(address());
    expect(error).toBeInstanceOf(LocalRunError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain("start `npx outbox-relay local` in another terminal");
  });
});
