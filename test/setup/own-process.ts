import { afterAll, vi } from "vitest";
import { restoreClients } from "./mocked-clients.ts";

// The test files of a project share a process, since importing the SDK and the CDK for each would take most of the time.
// So each file leaves the process as it found it.
afterAll(() => {
  restoreClients();
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.restoreAllMocks();
});
