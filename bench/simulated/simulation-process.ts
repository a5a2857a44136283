import { type RecoveryOptions, recovery } from "./recovery.ts";
import { type ScaleOptions, scale } from "./scale.ts";

export type SimulationOrder =
  | { readonly kind: "recovery"; readonly options: RecoveryOptions }
  | { readonly kind: "scale"; readonly options: ScaleOptions };

/** Runs simulations in a separate process: each message starts one, and the answer is its result. */
process.on("disconnect", () => process.exit(1));
process.on("message", (order: SimulationOrder) => {
  void (async () => {
    process.send?.(order.kind === "recovery" ? await recovery(order.options) : await scale(order.options));
  })();
});
