import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What runs in a child before the handler's code, as CommonJS text, because node must be able to load it whether this
 * package runs from source or from its build.
 * - A container listens on every address; here only this machine may reach it, past the front door or not.
 * - The IPC channel closes when the engine dies, however it dies; the child must not outlive it.
 * - When the engine's clock is put forward, the child's goes along: whatever asks for the time sees it pass. Timers that
 *   are set already keep their own pace.
 */
const GUARD = `"use strict";
// LOCAL: loaded by the Millrace engine into the processes it starts.
const { Server } = require("node:net");
const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
  const [first, second] = args;
  const isPort = (value) => typeof value === "number" || (typeof value === "string" && /^\\d+$/.test(value));
  if (first !== null && typeof first === "object") {
    if (isPort(first.port) && first.path === undefined) args[0] = { ...first, host: "127.0.0.1" };
  } else if (isPort(first)) {
    if (typeof second === "string") args[1] = "127.0.0.1";
    else args.splice(1, 0, "127.0.0.1");
  } else if (first === undefined || typeof first === "function") {
    args.splice(0, first === undefined ? 1 : 0, 0, "127.0.0.1");
  }
  return listen.apply(this, args);
};
const RealDate = Date;
let shiftMs = 0;
const follow = () => {
  globalThis.Date = class Date extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(Date.now());
      else super(...args);
    }
    static now() {
      return RealDate.now() + shiftMs;
    }
  };
};
if (process.channel) {
  process.on("message", (message) => {
    if (message === null || typeof message !== "object" || message.type !== "millrace:clock") return;
    if (shiftMs === 0) follow();
    shiftMs += message.byMs;
  });
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel.unref();
}
`;

/** @returns absolute path of the guard, written below `folder`; it names the engine's processes in a process list */
export function writeGuard(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "LOCAL-guard.cjs");
  writeFileSync(file, GUARD);
  return file;
}
