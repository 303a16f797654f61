import type { TaskDefaults } from "millrace";

export interface Mail {
  readonly id: string;
  readonly to: string;
  readonly template: "welcome" | "missing";
}

/**
 * Sends e-mails some seconds from now, with Google's own client.
 * @param tasks what the worker's construct says of its tasks: `TaskQueueWorker.taskDefaults`
 * @param endpoint `host:port` of the local engine. @default Google
 */
export async function sendLater(
  mails: readonly Mail[],
  inSeconds: (now: number) => number,
  tasks: TaskDefaults,
  endpoint?: string,
): Promise<void> {
  const { CloudTasksClient } = await import("@google-cloud/tasks");
  const client = new CloudTasksClient(endpoint === undefined ? {} : await localOptions(endpoint));
  const { parent, httpRequest, dispatchDeadline } = tasks;
  try {
    await Promise.all(
      mails.map((mail) =>
        client.createTask({
          parent,
          task: {
            httpRequest: { ...httpRequest, body: Buffer.from(JSON.stringify(mail)) },
            dispatchDeadline: { seconds: Number.parseInt(dispatchDeadline, 10) },
            scheduleTime: { seconds: inSeconds(Date.now() / 1_000) },
          },
        }),
      ),
    );
  } finally {
    await client.close();
  }
}

/** Google's client has no variable for an emulator. */
async function localOptions(endpoint: string) {
  const { credentials } = await import("@grpc/grpc-js");
  const [apiEndpoint, port] = endpoint.split(":");
  return { projectId: "acme-dev", apiEndpoint, port: Number(port), sslCreds: credentials.createInsecure() };
}
