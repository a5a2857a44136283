import { isLoopback } from "../../contract/deployment/loopback.ts";

const HEALTH_PATH = "/_ministack/health";
const ANSWER_WITHIN_MS = 2_000;

export type Health = { readonly kind: "healthy" } | { readonly kind: "not-ministack"; readonly reason: string };

/** Asks an endpoint whether it is MiniStack, by a health check that only MiniStack answers. */
export async function checkHealth(endpoint: string): Promise<Health> {
  const notMinistack = (reason: string): Health => ({ kind: "not-ministack", reason });
  try {
    const response = await fetch(new URL(HEALTH_PATH, endpoint), {
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    if (response.status !== 200) {
      return notMinistack(`GET ${HEALTH_PATH} answered ${response.status}`);
    }
    return namesServices(text) ? { kind: "healthy" } : notMinistack(`GET ${HEALTH_PATH} answered something else`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return notMinistack(
      `GET ${HEALTH_PATH} failed (${error instanceof Error ? error.message : String(error)}${cause})`,
    );
  }
}

/** MiniStack's health lists its services and the state of its ready scripts. */
function namesServices(text: string): boolean {
  let health: unknown;
  try {
    health = JSON.parse(text);
  } catch {
    // The answer is not JSON, so it does not come from MiniStack.
    return false;
  }
  if (typeof health !== "object" || health === null || !("services" in health) || !("ready_scripts" in health)) {
    return false;
  }
  const { services } = health;
  return typeof services === "object" && services !== null && "dynamodb" in services && "lambda" in services;
}

/** Why an endpoint must not be used: anything but plain HTTP on this machine's loopback. Undefined if it may be used. */
export function objectionTo(endpoint: string): string | undefined {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined) {
    return "it is not a URL";
  }
  if (url.protocol !== "http:") {
    return `its protocol is ${url.protocol.slice(0, -1)}; the emulator speaks http`;
  }
  return isLoopback(url.hostname) ? undefined : `${url.hostname} is not this machine's loopback`;
}
