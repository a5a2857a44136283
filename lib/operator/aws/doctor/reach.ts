import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Address } from "../../../targets/shared/doctor/reached-target.ts";

export type Reached =
  /** Something listens; by TLS with a certificate that this machine trusts, or not, and then why. */
  | { readonly kind: "answers"; readonly distrusted?: string }
  /** The network says that nobody listens there. */
  | { readonly kind: "nobody"; readonly code: string }
  /** No answer from here. */
  | { readonly kind: "silence"; readonly code: string };

const NOBODY = new Set(["ECONNREFUSED", "ENOTFOUND"]);
const PATIENCE_MS = 5_000;

/** Connects, and says nothing: the shortest proof that somebody listens. */
export function reach({ host, port, tls }: Address): Promise<Reached> {
  return new Promise((resolve) => {
    // The certificate is only checked: nothing is sent that it would have to protect.
    const open: Socket = tls
      ? connectTls({ host, port, servername: isIP(host) === 0 ? host : "", rejectUnauthorized: false }, () => {
          const distrusted = "authorizationError" in open ? String(open.authorizationError ?? "") : "";
          finish({ kind: "answers", ...(distrusted === "" ? {} : { distrusted }) });
        })
      : connectTcp({ host, port }, () => finish({ kind: "answers" }));
    const finish = (reached: Reached) => {
      open.destroy();
      resolve(reached);
    };
    open.setTimeout(PATIENCE_MS, () => finish({ kind: "silence", code: "no answer within 5 s" }));
    open.on("error", (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message;
      finish(NOBODY.has(code) ? { kind: "nobody", code } : { kind: "silence", code });
    });
  });
}
