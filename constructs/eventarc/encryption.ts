import { Construct } from "constructs";
import { enableApi, type Encryption, grantEncryption, MillraceStack } from "../core";
import { claimName } from "../core/names";
import { EventarcGoogleChannelConfig } from "../l1/eventarc";

export interface GoogleEventsEncryptionProps {
  /** Key of the location; Eventarc's agent is let use it. */
  readonly encryption: Encryption;
  /** Location of the triggers whose events it encrypts. @default the stack's region */
  readonly location?: string;
}

/**
 * The key that encrypts Google's own events on their way through Eventarc: one setting of a project and a location,
 * whatever triggers there are. Events of a topic of one's own are encrypted by the topic's key.
 */
export class GoogleEventsEncryption extends Construct {
  readonly resource: EventarcGoogleChannelConfig;

  constructor(scope: Construct, id: string, props: GoogleEventsEncryptionProps) {
    super(scope, id);
    const { projectId: project, region } = MillraceStack.of(this).context;
    const location = props.location ?? region;
    claimName(this, "encryption of Google's events", location);
    const key = grantEncryption(this, props.encryption, "eventarc");
    this.resource = new EventarcGoogleChannelConfig(this, "Resource", {
      project,
      location,
      name: `projects/${project}/locations/${location}/googleChannelConfig`,
      cryptoKeyName: props.encryption.kmsKeyName,
      dependsOn: [enableApi(this, "eventarc.googleapis.com"), key.resource],
    });
  }
}
