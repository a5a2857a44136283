/** The events and the types of their data. Data of another shape does not compile. */
export interface ShopEvents {
  readonly "order.placed": Order;
  readonly "stock.reserved": Order;
}

export interface Order {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
}
