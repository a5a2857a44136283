import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type MadeArchive, objectBody, objectCount, objectKey } from "./made-archive.ts";

/** As much of S3 as an audit asks for, in a process of its own, so that its memory is not the audit's. */
const archive = JSON.parse(process.argv[2] ?? "{}") as MadeArchive;
const numbers = new Map(
  Array.from({ length: objectCount(archive) }, (_unused, number) => [objectKey(number, archive), number]),
);
const keys = [...numbers.keys()].sort();
const PAGE = 1_000;
/** All are about as large as the first. */
const size = objectBody(0, archive).length;

function page(after: string): string {
  const from = keys.findIndex((key) => key > after);
  const found = from < 0 ? [] : keys.slice(from, from + PAGE);
  const last = found.at(-1);
  const more = last !== undefined && last !== keys.at(-1);
  const contents = found.map((key) => `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`).join("");
  const next = more ? `<NextContinuationToken>${last}</NextContinuationToken>` : "";
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents}</ListBucketResult>`;
}

const server = createServer(({ url = "/" }, answer) => {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  if (searchParams.has("lifecycle")) {
    answer.writeHead(404).end("<Error><Code>NoSuchLifecycleConfiguration</Code></Error>");
  } else if (searchParams.has("list-type")) {
    answer.end(page(searchParams.get("continuation-token") ?? searchParams.get("start-after") ?? ""));
  } else {
    const number = numbers.get(decodeURIComponent(pathname.split("/").slice(2).join("/")));
    if (number === undefined) answer.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
    else answer.end(objectBody(number, archive));
  }
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
