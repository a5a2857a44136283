/**
 * What the fault proxy does to requests. `probability` is per request (per entry for `throttle-entries`), 1 when absent.
 *
 * - `pass`: nothing.
 * - `unavailable`: answers 503, forwards nothing.
 * - `deny`: answers 403, as if the permission to publish were revoked; forwards only checks whether the bus exists.
 * - `throttle-entries`: single entries of a PutEvents call are answered with ThrottlingException and not forwarded.
 * - `fail-entries`: the same with another error code or, without a code, with no answer for the entry.
 * - `drop-answer`: forwards the request, then cuts the connection instead of answering: an acknowledgement is lost. With
 * `publishes`, only that many PutEvents calls meet it, and no other request.
 * - `hang`: takes the request and never answers, forwards nothing.
 * - `reset`: cuts the connection, forwards nothing.
 * - `refuse`: the port is closed.
 * - `lose-bus`: passes everything until an entry of a PutEvents call is acknowledged; from then on it answers every
 * check that the bus does not exist, as if the bus were deleted between a publish and the check that would confirm it.
 */
export type Fault =
  | { readonly kind: "pass" }
  | { readonly kind: "unavailable"; readonly probability?: number }
  | { readonly kind: "deny" }
  | { readonly kind: "throttle-entries"; readonly probability?: number }
  | { readonly kind: "fail-entries"; readonly probability?: number; readonly code?: string }
  | { readonly kind: "drop-answer"; readonly probability?: number; readonly publishes?: number }
  | { readonly kind: "hang"; readonly probability?: number }
  | { readonly kind: "reset"; readonly probability?: number }
  | { readonly kind: "refuse" }
  | { readonly kind: "lose-bus" };

/** The fault of one request: the one in force, or none if its probability spares the request. */
export function faultFor(fault: Fault, random: () => number): Fault {
  switch (fault.kind) {
    case "pass":
    case "deny":
    case "refuse":
    case "lose-bus":
    case "throttle-entries":
    case "fail-entries":
      // Throttling draws for each entry instead of for the request.
      return fault;
    case "unavailable":
    case "drop-answer":
    case "hang":
    case "reset":
      return random() < (fault.probability ?? 1) ? fault : { kind: "pass" };
  }
}
