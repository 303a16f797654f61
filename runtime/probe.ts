import { ENV, LOCAL_ENVIRONMENT } from "../contract/environment";
import type { CrashPoint, GoOn, PointReached } from "../contract/probe";

/** Passes a crash point when the engine that watches says so. */
export type Probe = (point: CrashPoint, key: string, messageId: string) => Promise<void>;

/** The IPC channel of a child process, as far as the probe uses it. */
export interface Channel {
  readonly send?: ((message: PointReached) => unknown) | undefined;
  on(event: "message", listener: (message: unknown) => void): unknown;
  /** What keeps a process alive that waits for nothing else, or does not. */
  readonly channel?: { ref(): void; unref(): void } | null | undefined;
}

/**
 * Announces crash points over the IPC channel under `MILLRACE_PROBE=1` on the local engine.
 * @returns nothing elsewhere: nobody watches
 */
export function createProbe(handler: string, env: NodeJS.ProcessEnv, channel: Channel = process): Probe | undefined {
  const asked = env[ENV.probe] === "1" && env[ENV.environment] === LOCAL_ENVIRONMENT;
  if (!asked || !channel.send) return undefined;
  const waiting = new Map<number, () => void>();
  let count = 0;
  channel.on("message", (message) => {
    const { type, id } = (message ?? {}) as Partial<GoOn>;
    if (type !== "millrace:go" || id === undefined) return;
    waiting.get(id)?.();
    waiting.delete(id);
    if (waiting.size === 0) channel.channel?.unref();
  });
  return (point, key, messageId) =>
    new Promise<void>((goOn) => {
      const id = ++count;
      waiting.set(id, goOn);
      channel.channel?.ref();
      channel.send!({ type: "millrace:point", id, point, handler, key, messageId });
    });
}
