import { env, text, typed, workflow } from "millrace/workflows";

/** What Compute Engine says of an instance, as far as it is read here. */
interface Instance {
  readonly networkInterfaces: readonly { readonly accessConfigs: readonly { readonly natIP: string }[] }[];
}

const IMAGE = "projects/debian-cloud/global/images/family/debian-12";

/** Makes a virtual machine, waits until it is up, lets it work, and deletes it whatever came of that. */
export const machine = workflow((w) => {
  const { project, zone, name } = w.assign("init", {
    project: env("GOOGLE_CLOUD_PROJECT_ID"),
    zone: "us-central1-a",
    name: "workflow-vm",
  });
  w.call("create", "googleapis.compute.v1.instances.insert", {
    project,
    zone,
    body: {
      name,
      machineType: text`zones/${zone}/machineTypes/e2-micro`,
      disks: [{ boot: true, autoDelete: true, initializeParams: { sourceImage: IMAGE } }],
      networkInterfaces: [{ network: "global/networks/default", accessConfigs: [{ type: "ONE_TO_ONE_NAT" }] }],
    },
  });
  w.sleep("wait", "30s");
  const vm = w.call<Instance>("look", "googleapis.compute.v1.instances.get", { project, zone, instance: name });
  const { answer } = w.assign("none", { answer: typed<string | null>(null) });
  w.try(
    "work",
    (w) => {
      const response = w.http<string>("process", {
        url: text`http://${vm.networkInterfaces[0]!.accessConfigs[0]!.natIP}:8080/process`,
        body: { data: "processing request" },
      });
      w.set("keep", [answer, response.body]);
    },
    {
      retry: "transient",
      except(w, error) {
        w.call("give_back", "googleapis.compute.v1.instances.delete", { project, zone, instance: name });
        w.raise("fail", error);
      },
    },
  );
  w.call("clean_up", "googleapis.compute.v1.instances.delete", { project, zone, instance: name });
  return answer;
});
