import { afterAll, afterEach, expect, vi } from "vitest";
import { restoreClients } from "./mocked-clients.ts";

const leaks: string[] = [];
const noteLeak = ({ name, message }: Error) => {
  if (name === "MaxListenersExceededWarning") leaks.push(message);
};
process.on("warning", noteLeak);

// The test files of a project share a process, since importing the SDK and the CDK for each would take most of the time.
// So each test, and each file, leaves the process as it found it.
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.restoreAllMocks();
});
afterAll(() => {
  process.off("warning", noteLeak);
  restoreClients();
  // Node.js warns once of an emitter that listeners are added to and never taken from.
  expect(leaks).toEqual([]);
});
