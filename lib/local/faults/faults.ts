/**
 * What the fault proxy does to requests. `probability` is per request (per entry for `throttle-entries`), 1 when absent.
 *
 * - `pass`: nothing.
 * - `unavailable`: answers 503, forwards nothing.
 * - `deny`: answers 403, as when the permission to publish is revoked; forwards nothing but questions whether the bus is there.
 * - `throttle-entries`: single entries of a PutEvents call are answered with ThrottlingException and not forwarded.
 * - `fail-entries`: the same with another error code, or without any answer for the entry where there is no code.
 * - `drop-answer`: forwards the request, then cuts the connection instead of answering: an acknowledgement is lost. With
 *   `publishes`, the first so many PutEvents calls meet it, and nothing else does.
 * - `hang`: takes the request and never answers, forwards nothing.
 * - `reset`: cuts the connection, forwards nothing.
 * - `refuse`: nobody listens any more.
 * - `lose-bus`: passes everything until an entry of a PutEvents call is acknowledged, and from then on answers that the bus does
 *   not exist to whoever asks for it: a bus that is deleted between a publish and the check that would confirm it.
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

/** The fault one request meets: the one in force, or none when its probability spares the request. */
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
