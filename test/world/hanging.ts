/** Calls by their port and name, such as `table.readRows`, that never settle. */
export type Hangs = Set<string>;

/** The same port, but the calls in `hangs` never settle. They leave no trace: none of them ever takes effect. */
export const hanging = <Port extends object>(name: string, port: Port, hangs: Hangs): Port =>
  new Proxy(port, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]) =>
        hangs.has(`${name}.${String(property)}`) ? new Promise(() => undefined) : Reflect.apply(value, target, given);
    },
  });
