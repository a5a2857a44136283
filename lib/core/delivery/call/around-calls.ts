import type { Publisher } from "../../ports.ts";

/** The same publisher with something around its calls. All else is asked, not copied: it may be of any class. */
export function aroundCalls(publisher: Publisher, publish: Publisher["publish"]): Publisher {
  return {
    limits: publisher.limits,
    atomicBatches: publisher.atomicBatches ?? false,
    destinationOf: (event) => publisher.destinationOf(event),
    isDeployed: (destination) => publisher.isDeployed?.(destination) ?? false,
    routeOf: (event) => publisher.routeOf?.(event),
    bytesOf: (event) => publisher.bytesOf(event),
    ...(publisher.existence && { existence: publisher.existence }),
    publish,
  };
}
