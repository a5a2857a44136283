/**
 * Makes a value when it is first asked for, once. A function's first publish waits for all that is made before it, so what it
 * does not need is made after it.
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

/** A client of AWS that is made with its first call: to make one takes a millisecond. */
export function senderOnFirstUse<Client extends { send(...args: never[]): unknown }>(
  make: () => Client,
): Sender<Client> {
  const client = onFirstUse(make);
  const send = (...args: Parameters<Client["send"]>) => client().send(...args);
  return { send: send as Client["send"] };
}
