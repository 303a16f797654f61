import type { Child } from "../processes/child";
import type { RunningAttempt } from "./types";

/** https://cloud.google.com/run/docs/container-contract#jobs-container-lifecycle */
const GRACE_MS = 10_000;

/** A process as an attempt of a task: it has succeeded when it exits with 0. */
export const attemptOf = (child: Child): RunningAttempt => ({
  ended: child.exited.then(({ code, signal }) => ({
    ok: code === 0,
    reason: signal ?? `exit code ${code}`,
  })),
  stop: () => void child.stop(GRACE_MS),
});
