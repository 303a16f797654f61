import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { holderOfLock, takeLock } from "../../../local/engine/lock";
import { outFolder } from "./fixture";

const { root } = outFolder();
let count = 0;
const lockFile = () => join(root, `state-${count++}`, "engine.lock");

/** A process that is alive until told otherwise. */
async function sleeper() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log('up')"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  const exited = once(child, "exit");
  return { pid: child.pid!, end: () => (child.kill("SIGKILL"), exited) };
}

describe("the lock of a stack's state", () => {
  it("is free again once it is released", () => {
    const file = lockFile();
    const lock = takeLock(file, "app");
    expect(holderOfLock(file)).toMatchObject({ pid: process.pid });
    lock.release();
    lock.release();
    expect(holderOfLock(file)).toBeUndefined();
    takeLock(file, "app").release();
  });

  it("says so when the state folder is a file (MR4107)", () => {
    const folder = join(root, `state-${count++}`);
    writeFileSync(folder, "not a folder");
    expect(() => takeLock(join(folder, "engine.lock"), "shop-local")).toThrow(/^MR4107 .*the engine's state cannot/);
  });

  it("refuses a second engine and names the process of the first", async () => {
    const file = lockFile();
    const first = await sleeper();
    takeLock(file, "app").release();
    writeFileSync(file, JSON.stringify({ pid: first.pid }));
    expect(() => takeLock(file, "app")).toThrow(
      `MR4101 app: an engine already runs this stack, as process ${first.pid};`,
    );
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ pid: first.pid });
    await first.end();
    takeLock(file, "app").release();
  });

  it("is held against a second engine of the same process too", () => {
    const file = lockFile();
    const lock = takeLock(file, "app");
    expect(() => takeLock(file, "app")).toThrow("MR4101");
    lock.release();
  });

  it.each([
    ["whose process is gone", JSON.stringify({ pid: 2 ** 22 + 1 })],
    ["whose number now belongs to another process", JSON.stringify({ pid: process.pid, started: "1" })],
    ["that is empty", ""],
  ])("takes over a lock %s", (_, content) => {
    const file = lockFile();
    takeLock(file, "app").release();
    writeFileSync(file, content);
    const lock = takeLock(file, "app");
    expect(holderOfLock(file)!.pid).toBe(process.pid);
    lock.release();
    expect(existsSync(file)).toBe(false);
  });

  it("does not remove a lock that has become somebody else's", async () => {
    const file = lockFile();
    const other = await sleeper();
    const lock = takeLock(file, "app");
    writeFileSync(file, JSON.stringify({ pid: other.pid }));
    lock.release();
    expect(holderOfLock(file)).toEqual({ pid: other.pid });
    await other.end();
  });
});
