import type { ServiceFault, ServiceProxy } from "../e2e/harness/service-proxy.ts";
import type { Aim, FaultKind, Strike } from "./plan.ts";

const PUBLISHES_BLOCKED: ServiceFault = {
  ...{ kind: "error", status: 503, code: "ServiceUnavailable" },
  operations: ["PutEvents"],
};

/**
 * What the proxies do to calls at the moment: a storm's strikes without the operations that an incident spares, and with the
 * calls that an incident blocks.
 */
export class Weather {
  /** How many strikes of each kind were in force. */
  readonly kinds = new Map<FaultKind, number>();
  readonly #proxies: readonly ServiceProxy[];
  #strikes: readonly Strike[] = [];
  readonly #spared = new Set<Aim>();
  #publishesBlocked = false;

  constructor(proxies: readonly ServiceProxy[]) {
    this.#proxies = proxies;
  }

  set(strikes: readonly Strike[]): void {
    this.#strikes = strikes;
    for (const { kind } of strikes) this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    this.#apply();
  }

  spare(aim: Aim, isSpared: boolean): void {
    if (isSpared) this.#spared.add(aim);
    else this.#spared.delete(aim);
    this.#apply();
  }

  blockPublishes(areBlocked: boolean): void {
    this.#publishesBlocked = areBlocked;
    this.#apply();
  }

  /** Calls that met a fault, by operation. */
  struck(): ReadonlyMap<string, number> {
    const struck = new Map<string, number>();
    for (const proxy of this.#proxies) {
      for (const [operation, count] of proxy.struck) struck.set(operation, (struck.get(operation) ?? 0) + count);
    }
    return struck;
  }

  #apply(): void {
    const striking = this.#strikes.filter(({ aim }) => !this.#spared.has(aim)).map(({ fault }) => fault);
    for (const proxy of this.#proxies)
      proxy.setFaults(...(this.#publishesBlocked ? [PUBLISHES_BLOCKED] : []), ...striking);
  }
}
