/**
 * Makes a value once, when it is first asked for. A function's first publish waits for everything made before it, so
 * values that it does not need are made later.
 */
export function onFirstUse<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The one method of an AWS client that our code calls. */
export type Sender<Client extends { readonly send: unknown }> = Pick<Client, "send">;

/** An AWS client that is made at its first call: making one takes a millisecond. */
export function senderOnFirstUse<Client extends { send(...args: never[]): unknown }>(
  make: () => Client,
): Sender<Client> {
  const client = onFirstUse(make);
  const send = (...args: Parameters<Client["send"]>) => client().send(...args);
  return { send: send as Client["send"] };
}
