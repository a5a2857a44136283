/** @throws if the stack did not set the variable. */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`The environment variable ${name} is missing: the stack sets it`);
  return value;
}
