/** A number as of another copy of util-dynamodb: its class has the same name, but is a different class. */
export function ofAnotherCopy(text: string) {
  class NumberValue {
    readonly value = text;
    toAttributeValue = () => ({ N: this.value });
    toString = () => this.value;
  }
  return new NumberValue();
}
