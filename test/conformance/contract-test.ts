import { it } from "vitest";
import type { Engine } from "./engines/engine.ts";

/** A test of a port, on an engine of its own, which is made before the test and ended after it, whether or not it passed. */
export type ContractTest<Made extends Engine> = (behaviour: string, work: (engine: Made) => Promise<void>) => void;

export function contractTest<Made extends Engine>(make: () => Promise<Made>): ContractTest<Made> {
  return (behaviour, work) =>
    it(behaviour, async () => {
      const engine = await make();
      try {
        await engine.run(() => work(engine));
      } finally {
        await engine.end();
      }
    });
}
