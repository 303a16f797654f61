import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";

/** Below those that systems give to whoever asks for any (32768 on Linux, 49152 on macOS and Windows). */
const PORTS = [20_000, 32_768] as const;

/**
 * A port of loopback that is free now, for a process that will listen on it in a moment: none that the system would
 * give to somebody else meanwhile. Another program may take it all the same; the process then ends with EADDRINUSE and
 * is started again on another.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...PORTS);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" || error.code === "EACCES" ? resolve(false) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Whether somebody accepts connections, as Cloud Run's default startup probe asks. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
