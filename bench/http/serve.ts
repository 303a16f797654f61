import { createServer } from "node:http";
import { ENV } from "../../contract/environment";

/*
 * One server of those that are compared; it is told which. Each reads the body and answers 204. The parent asks over
 * IPC what it has spent so far.
 */
type Ready = (port: number) => void;

const servers: Readonly<Record<string, (ready: Ready) => void>> = {
  "node:http": (ready) => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        Buffer.concat(chunks);
        response.writeHead(204).end();
      });
    });
    server.listen(0, "127.0.0.1", () => ready((server.address() as { port: number }).port));
  },
  // The parent replaces the core by one that reads the body and acks: what is left is the adapter.
  millrace: (ready) => {
    const { startServer } = require("../../runtime/server") as typeof import("../../runtime/server");
    void startServer({} as never, { port: 0, host: "127.0.0.1", env: { [ENV.environment]: "bench" } }).then(
      ({ port }) => ready(port),
    );
  },
  "functions-framework": (ready) => {
    const { http } = require("@google-cloud/functions-framework") as typeof import("@google-cloud/functions-framework");
    http("f", (_request, response) => void response.status(204).end());
    const { getTestServer } =
      require("@google-cloud/functions-framework/testing") as typeof import("@google-cloud/functions-framework/testing");
    const server = getTestServer("f");
    server.listen(0, "127.0.0.1", () => ready((server.address() as { port: number }).port));
  },
};

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send!({ spentUs: user + system });
});
process.on("disconnect", () => process.exit());
servers[process.argv[2]!]!((port) => process.send!({ port }));
