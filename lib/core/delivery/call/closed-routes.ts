import type { Failure } from "../../../contract/failure.ts";
import type { DeliveryRun } from "../delivery-run.ts";
import type { Pending } from "../outcome.ts";
import type { Trial } from "../trials.ts";

/** Separates events that may be tried from those whose route failed in this invocation or run. */
export function byRoute(pending: readonly Pending[], destination: string, { publisher, trials }: DeliveryRun) {
  const open: Pending[] = [];
  const closed: Pending[] = [];
  for (const each of pending) {
    const failure = trials.of(destination).closedRoute(() => publisher.routeOf?.(each.event));
    if (failure === undefined) open.push(each);
    else closed.push({ failure, ...each });
  }
  return { open, closed };
}

/** Nothing more is tried by this route. If different routes fail a probe and nothing passes, the target is to blame. */
export async function routeFailed(
  route: string,
  failure: Failure,
  destination: string,
  trial: Trial,
  delivery: DeliveryRun,
): Promise<void> {
  delivery.trials.of(destination).closeRoute(route, failure);
  if (!trial.isProbe) return;
  const blame = await trial.alone().failedAlone(`route ${route}`);
  if (blame === "target") delivery.limiters.of(destination).trip();
}
