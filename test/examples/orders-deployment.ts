/**
 * The deployed stack of the example: its outputs, and its emulator's address. Plain values, because test files run in processes
 * of their own.
 */
export interface OrdersDeployment {
  readonly endpoint: string;
  /** The emulator's process. */
  readonly emulatorPid: number;
  readonly hostForFunctions: string;
  /** The stack's outputs by their names. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly logs: string;
  readonly packed: { readonly folder: string; readonly tarball: string };
}

declare module "vitest" {
  export interface ProvidedContext {
    orders: OrdersDeployment;
  }
}

/** @throws when the stack has no such output. */
export function output({ outputs }: OrdersDeployment, name: string): string {
  const value = outputs[name];
  if (value === undefined)
    throw new Error(`The stack has no output ${name}; it has ${Object.keys(outputs).join(", ")}`);
  return value;
}
