import { mockClient as mock } from "aws-sdk-client-mock";

const mocked = new Set<{ restore(): void }>();

/** aws-sdk-client-mock's own, for the rest of a test file: `own-process.ts` gives the clients their calls back at its end. */
export const mockClient: typeof mock = (client) => {
  const mocking = mock(client);
  mocked.add(mocking);
  return mocking;
};

export function restoreClients(): void {
  for (const mocking of mocked) mocking.restore();
  mocked.clear();
}
