import { onTestFinished } from "vitest";

/** The test process listens to something that never comes, until the test is over. */
export function listenToProcess(): void {
  const listener = () => undefined;
  process.on("SIGUSR2", listener);
  onTestFinished(() => void process.off("SIGUSR2", listener));
}
