import { gzipSync } from "node:zlib";
import { UNORDERED_SORT_KEY } from "../item-contract.ts";
import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "./content-type.ts";
import type { Item, ItemValue } from "./item.ts";

/** An event as a service hands it over. */
export interface NewEvent {
  /** Unique; consumers recognise duplicates by it. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** RFC 3339: when it happened. */
  readonly time: string;
  /** RFC 3339: when the row is written. The age for alarms and the sweep counts from here. */
  readonly recordedtime: string;
  /** The ordering key and the place within it, or neither for an unordered event. */
  readonly order?: { readonly key: string; readonly sequence: number };
  /** JSON, or a string where `datacontenttype` names another format. */
  readonly data?: unknown;
  readonly datacontenttype?: string;
  readonly subject?: string;
  readonly dataschema?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly destination?: string;
  readonly extensions?: Readonly<Record<string, string | number | boolean>>;
}

export interface EncodeOptions {
  /** Store `data` as gzip: worth it where it saves a write unit, by crossing a 1 KB boundary. @default false */
  readonly gzip?: boolean;
}

const text = (value: string): ItemValue => ({ S: value });

/** Builds the row of an event by the item contract. The reverse of `decodeItem`. */
export function encodeItem(event: NewEvent, { gzip = false }: EncodeOptions = {}): Item {
  const { order, data, extensions = {}, ...texts } = event;
  const item: Record<string, ItemValue> = {
    pk: text(order?.key ?? event.id),
    sk: { N: order === undefined ? UNORDERED_SORT_KEY : String(order.sequence) },
  };
  for (const [name, value] of Object.entries(extensions)) {
    item[name] =
      typeof value === "string" ? text(value) : typeof value === "number" ? { N: String(value) } : { BOOL: value };
  }
  for (const [name, value] of Object.entries(texts)) {
    if (value !== undefined) item[name] = text(value);
  }
  if (data !== undefined) {
    const isJson = isJsonContentType(event.datacontenttype ?? DEFAULT_CONTENT_TYPE);
    const body = isJson ? JSON.stringify(data) : String(data);
    item["data"] = gzip ? { B: gzipSync(body) } : text(body);
  }
  return item;
}
