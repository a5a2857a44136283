import type { BuildHandlerOptions, BuildMiddleware, RequestSigner } from "@smithy/types";

/** The parts of an SDK client, of whichever service, that {@link lean} changes. */
interface SdkClient {
  readonly config: { signer(scheme?: object): Promise<RequestSigner> };
  readonly middlewareStack: {
    remove(name: string): boolean;
    add(middleware: BuildMiddleware<object, object>, options: BuildHandlerOptions): void;
  };
}

/** The name of the relay's calls in CloudTrail. */
export const USER_AGENT = "dynamodb-outbox-relay";

/**
 * Removes what a client does anew for each request and nobody here needs, a fifth of the relay's CPU time: making a
 * signer from a copy of the whole configuration; putting together a string about the runtime from a dozen parts; and
 * the SDK's own log, which copies request and answer before it finds that nobody reads it.
 */
export function lean<Client extends SdkClient>(client: Client): Client {
  const { config, middlewareStack } = client;
  middlewareStack.remove("loggerMiddleware");
  middlewareStack.remove("getUserAgentMiddleware");
  middlewareStack.add(named, { name: "named", step: "build" });
  config.signer = madeOnce(config.signer);
  return client;
}

const named: BuildMiddleware<object, object> = (next) => (args) => {
  (args.request as { readonly headers: Record<string, string> }).headers["user-agent"] = USER_AGENT;
  return next(args);
};

/** Region, service, time and credentials are given or looked up at each signature, so one signer serves all of them. */
function madeOnce<Signer>(make: (scheme?: object) => Promise<Signer>): (scheme?: object) => Promise<Signer> {
  let made: Promise<Signer> | undefined;
  return async (scheme) => {
    made ??= make(scheme);
    try {
      return await made;
    } catch (error) {
      made = undefined;
      throw error;
    }
  };
}
