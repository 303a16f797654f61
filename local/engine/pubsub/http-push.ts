import { request as httpRequest } from "node:http";
import type { Clock } from "../clock";
import type { PushResult, PushTransport } from "../delivery";

/**
 * Pushes over plain HTTP to this machine and nowhere else: the local engine never calls out. Redirects are not
 * followed; what answers 3xx has not acknowledged.
 */
export const httpPush =
  (clock: Clock): PushTransport =>
  ({ endpoint, method = "POST", headers, body, timeoutMs }) =>
    new Promise<PushResult>((resolve) => {
      const url = new URL(endpoint);
      if (url.protocol !== "http:" || !["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)) {
        const reason = `${url.origin} is neither a service of the plan nor on this machine; the local engine never calls out`;
        return resolve({ kind: "unreachable", reason });
      }
      const request = httpRequest(url, { method, headers: { ...headers, "content-length": body.length } });
      const timer = clock.after(timeoutMs, () => {
        resolve({ kind: "timeout" });
        request.destroy();
      });
      request.on("response", (response) => {
        timer.cancel();
        response.resume();
        resolve({ kind: "status", status: response.statusCode ?? 0 });
      });
      // 102 is an informational status and an acknowledgement all the same.
      request.on("information", ({ statusCode }) => {
        if (statusCode !== 102) return;
        timer.cancel();
        resolve({ kind: "status", status: 102 });
        request.destroy();
      });
      request.on("error", (error) => {
        timer.cancel();
        resolve({ kind: "unreachable", reason: error.message });
      });
      request.end(body);
    });
